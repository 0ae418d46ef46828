<?php

/**
 * Notices moved stock. Vtiger moves qtyinstock by plain SQL, on deletion even before its event, so what every product's stock was when it was
 * last announced is kept and compared.
 */
class WooVtigerSync_Stock
{
    const TABLE = 'woovtigersync_stock';

    /** Modules whose records move stock. */
    const MOVERS = ['SalesOrder', 'Invoice', 'PurchaseOrder', 'Quotes'];

    /** Takes the stock as it is, without announcing anything. */
    public static function remember(): void
    {
        WooVtigerSync_Db::exec('DELETE FROM ' . self::TABLE);
        WooVtigerSync_Db::exec(
            'INSERT INTO ' . self::TABLE . ' (productid, qty) SELECT productid, COALESCE(qtyinstock, 0) FROM vtiger_products'
        );
    }

    /** A product was saved, and is announced for that: its stock is known. */
    public static function saved(int $product): void
    {
        $qty = WooVtigerSync_Db::value('SELECT qtyinstock FROM vtiger_products WHERE productid = ?', [$product]);
        WooVtigerSync_Db::upsert(self::TABLE, ['productid' => $product, 'qty' => $qty === null ? '0' : (string) $qty], ['productid']);
    }

    /**
     * Announces the products whose stock has moved since.
     *
     * @return int their number
     */
    public static function announce(): int
    {
        if (!WooVtigerSync_Settings::active()) {
            return 0;
        }
        $sql = 'SELECT p.productid, COALESCE(p.qtyinstock, 0) AS qty FROM vtiger_products p'
            . ' INNER JOIN vtiger_crmentity c ON c.crmid = p.productid AND c.deleted = 0'
            . ' LEFT JOIN ' . self::TABLE . ' s ON s.productid = p.productid'
            . ' WHERE s.productid IS NULL OR s.qty <> COALESCE(p.qtyinstock, 0)';
        $moved = 0;
        foreach (WooVtigerSync_Db::rows($sql) as $row) {
            $product = (int) $row['productid'];
            // Whoever takes the old value away announces: two requests that see the same move make one callback.
            $known = WooVtigerSync_Db::row('SELECT qty FROM ' . self::TABLE . ' WHERE productid = ?', [$product]);
            if ($known === null) {
                // A new product is announced as such.
                WooVtigerSync_Db::upsert(self::TABLE, ['productid' => $product, 'qty' => (string) $row['qty']], ['productid']);
                continue;
            }
            $change = 'UPDATE ' . self::TABLE . ' SET qty = ? WHERE productid = ? AND qty = ?';
            if (WooVtigerSync_Db::exec($change, [(string) $row['qty'], $product, (string) $known['qty']]) !== 1) {
                continue;
            }
            WooVtigerSync_Outbox::add('Products', $product, WooVtigerSync_Outbox::UPDATED);
            ++$moved;
        }

        return $moved;
    }
}
