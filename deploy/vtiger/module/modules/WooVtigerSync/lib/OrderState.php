<?php

/**
 * All that is stored of an order, to tell whether a write changes anything.
 */
class WooVtigerSync_OrderState
{
    /** Tables with one row for an order => column of its id. */
    const TABLES = [
        'vtiger_salesorder' => 'salesorderid',
        'vtiger_salesordercf' => 'salesorderid',
        'vtiger_sobillads' => 'sobilladdressid',
        'vtiger_soshipads' => 'soshipaddressid',
        'vtiger_invoice_recurring_info' => 'salesorderid',
    ];

    /** @return array<string, mixed> */
    public static function read(int $order): array
    {
        $state = [
            'entity' => WooVtigerSync_Db::row(
                'SELECT smownerid, description, deleted, label FROM vtiger_crmentity WHERE crmid = ?',
                [$order]
            ),
        ];
        foreach (self::TABLES as $table => $column) {
            $state[$table] = WooVtigerSync_Db::rows('SELECT * FROM ' . $table . ' WHERE ' . $column . ' = ?', [$order]);
        }
        $row = $state['vtiger_salesorder'];
        if (!$row || (int) $row[0]['enable_recurring'] !== 1) {
            // Vtiger writes this row in every save, and its handler of recurring invoices takes it away again.
            $state['vtiger_invoice_recurring_info'] = [];
        }
        $lines = [];
        foreach (WooVtigerSync_Db::rows('SELECT * FROM ' . WooVtigerSync_OrderLines::TABLE . ' WHERE id = ? ORDER BY sequence_no', [$order]) as $row) {
            // Whether a line took stock, and which number it has, is not what the order says. A tax of nothing is no tax.
            unset($row['lineitem_id'], $row['incrementondel']);
            foreach ($row as $column => $value) {
                if (is_numeric($value) && (float) $value == 0) {
                    $row[$column] = null;
                }
            }
            $lines[] = $row;
        }
        $state['lines'] = $lines;
        $state['charges'] = self::normal((new WooVtigerSync_OrderCharges())->stored($order));

        return $state;
    }

    /** Numbers in charges may be written as 4, "4.00" or "4.00000000". */
    private static function normal($value)
    {
        if (is_array($value)) {
            ksort($value);
            $result = [];
            foreach ($value as $key => $item) {
                $item = self::normal($item);
                if ($item !== null && $item !== []) {
                    $result[$key] = $item;
                }
            }

            return $result;
        }
        if (is_numeric($value)) {
            return (float) $value == 0 ? null : WooVtigerSync_OrderMoney::text((float) $value);
        }

        return $value === '' ? null : $value;
    }

    /** Empty and absent are the same to whoever reads an order. */
    public static function same(array $a, array $b): bool
    {
        return self::flat($a) === self::flat($b);
    }

    private static function flat(array $state): array
    {
        array_walk_recursive(
            $state,
            function (&$value) {
                if ($value === null || $value === '0000-00-00') {
                    $value = '';
                }
                $value = (string) $value;
            }
        );

        return $state;
    }
}
