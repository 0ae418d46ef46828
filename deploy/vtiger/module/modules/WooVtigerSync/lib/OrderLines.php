<?php

/**
 * The lines of an order, in Vtiger's tables.
 */
class WooVtigerSync_OrderLines
{
    const TABLE = 'vtiger_inventoryproductrel';

    /** Column => decimals. */
    const NUMBERS = ['quantity' => 3, 'listprice' => 8, 'discount_percent' => 3, 'discount_amount' => 8];

    const TAX_SCALE = 3;

    /** @var WooVtigerSync_Access */
    private $access;

    /** @var array<string, array<string, mixed>>|null taxname => tax */
    private $taxes = null;

    public function __construct(WooVtigerSync_Access $access)
    {
        $this->access = $access;
    }

    /** @return array<string, array<string, mixed>> taxes that lines have a column for, by name */
    public function taxes(): array
    {
        if ($this->taxes === null) {
            $this->taxes = [];
            $columns = WooVtigerSync_Db::columns(self::TABLE);
            foreach (WooVtigerSync_Db::rows('SELECT * FROM vtiger_inventorytaxinfo ORDER BY taxid') as $row) {
                if (preg_match('/^tax[0-9]+$/', (string) $row['taxname']) && in_array($row['taxname'], $columns, true)) {
                    $this->taxes[$row['taxname']] = $row;
                }
            }
        }

        return $this->taxes;
    }

    /** @return array<string, string[]> name of a compound tax => names of the taxes it is reckoned on */
    public function compound(): array
    {
        $names = [];
        foreach ($this->taxes() as $name => $tax) {
            $names[(string) $tax['taxid']] = $name;
        }
        $compound = [];
        foreach ($this->taxes() as $name => $tax) {
            if ($tax['method'] !== 'Compound') {
                continue;
            }
            $compound[$name] = [];
            foreach ((array) json_decode(html_entity_decode((string) $tax['compoundon'], ENT_QUOTES), true) as $id) {
                if (isset($names[(string) $id])) {
                    $compound[$name][] = $names[(string) $id];
                }
            }
        }

        return $compound;
    }

    /**
     * Lines as they were sent, checked and in the form in which they are stored.
     *
     * @param mixed $sent
     * @param array<int, array<string, mixed>> $stored
     * @return array<int, array<string, mixed>>
     */
    public function read($sent, array $stored): array
    {
        if (!is_array($sent) || !$sent) {
            throw WooVtigerSync_Fault::missing('LineItems does not have a value');
        }
        $known = [];
        foreach ($stored as $line) {
            $known[] = (int) $line['productid'];
        }
        $lines = [];
        foreach (array_values($sent) as $item) {
            if (!is_array($item)) {
                throw WooVtigerSync_Fault::missing('A line item is not an object');
            }
            $lines[] = $this->readLine($item, $known);
        }

        return $lines;
    }

    /** @param int[] $known */
    private function readLine(array $item, array $known): array
    {
        if (!isset($item['productid']) || $item['productid'] === '') {
            throw WooVtigerSync_Fault::missing('productid does not have a value');
        }
        $line = ['productid' => $this->access->lineProduct($item['productid'], $known)];
        foreach (self::NUMBERS as $column => $scale) {
            $value = isset($item[$column]) ? $item[$column] : '';
            if ($value === '' || $value === null) {
                if ($column === 'quantity') {
                    throw WooVtigerSync_Fault::missing('quantity does not have a value');
                }
                $line[$column] = null;
                continue;
            }
            $line[$column] = self::decimal($value, $scale, $column);
        }
        if ($line['listprice'] === null) {
            $line['listprice'] = WooVtigerSync_OrderMoney::text($this->price($line['productid']));
        }
        if (WooVtigerSync_OrderMoney::number($line['discount_amount']) != 0) {
            $line['discount_percent'] = null;
        } elseif (WooVtigerSync_OrderMoney::number($line['discount_percent']) != 0) {
            $line['discount_amount'] = null;
        } else {
            $line['discount_amount'] = null;
            $line['discount_percent'] = null;
        }
        $line['comment'] = isset($item['comment']) ? (string) $item['comment'] : '';
        $line['taxes'] = [];
        foreach ($this->taxes() as $name => $tax) {
            if (isset($item[$name]) && $item[$name] !== '') {
                $line['taxes'][$name] = self::decimal($item[$name], self::TAX_SCALE, $name);
            }
        }

        return $line;
    }

    /** @param mixed $value */
    public static function decimal($value, int $scale, string $field): string
    {
        if (!is_numeric($value)) {
            throw WooVtigerSync_Fault::missing($field . ' is not a number');
        }

        return WooVtigerSync_OrderMoney::text((float) $value, $scale);
    }

    private function price(int $product): float
    {
        $price = WooVtigerSync_Db::value('SELECT unit_price FROM vtiger_products WHERE productid = ?', [$product]);
        if ($price === null) {
            $price = WooVtigerSync_Db::value('SELECT unit_price FROM vtiger_service WHERE serviceid = ?', [$product]);
        }

        return WooVtigerSync_OrderMoney::number($price);
    }

    /** @return array<int, array<string, mixed>> the rows of an order, in their order */
    public function stored(int $order): array
    {
        return WooVtigerSync_Db::rows('SELECT * FROM ' . self::TABLE . ' WHERE id = ? ORDER BY sequence_no, lineitem_id', [$order]);
    }

    /** Are the stored rows what these lines would be? Then they stay, with the stock they have taken. */
    public function same(array $stored, array $lines): bool
    {
        if (count($stored) !== count($lines)) {
            return false;
        }
        foreach (array_values($stored) as $index => $row) {
            $line = $lines[$index];
            if ((int) $row['productid'] !== $line['productid'] || (string) $row['comment'] !== $line['comment']) {
                return false;
            }
            foreach (self::NUMBERS as $column => $scale) {
                if (!self::equal($row[$column], $line[$column], $scale)) {
                    return false;
                }
            }
            foreach (array_keys($this->taxes()) as $name) {
                $percentage = isset($line['taxes'][$name]) ? $line['taxes'][$name] : null;
                if (!self::equal($row[$name], $percentage, self::TAX_SCALE)) {
                    return false;
                }
            }
        }

        return true;
    }

    private static function equal($a, $b, int $scale): bool
    {
        return abs(WooVtigerSync_OrderMoney::number($a) - WooVtigerSync_OrderMoney::number($b)) < 0.5 * pow(10, -$scale);
    }

    /**
     * Puts these lines in the place of those that are stored.
     *
     * @param array<int, array<string, mixed>> $stored
     * @param array<int, array<string, mixed>> $lines
     */
    public function replace(int $order, array $stored, array $lines): void
    {
        $this->giveBack($order, $stored);
        foreach ([self::TABLE, 'vtiger_inventorysubproductrel', 'vtiger_inventoryshippingrel'] as $table) {
            WooVtigerSync_Db::deleteIfAny($table, 'id', $order);
        }
        foreach ($lines as $index => $line) {
            $row = [
                'id' => $order,
                'productid' => $line['productid'],
                'sequence_no' => $index + 1,
                'quantity' => $line['quantity'],
                'listprice' => $line['listprice'],
                'discount_percent' => $line['discount_percent'],
                'discount_amount' => $line['discount_amount'],
                'comment' => $line['comment'],
                'incrementondel' => 0,
            ];
            foreach ($this->taxes() as $name => $tax) {
                // A page shows a tax that is switched off as soon as a line has any value for it.
                $none = (int) $tax['deleted'] === 0 ? '0.000' : null;
                $row[$name] = isset($line['taxes'][$name]) ? $line['taxes'][$name] : $none;
            }
            WooVtigerSync_Db::insert(self::TABLE, $row);
        }
    }

    /** Lines that had taken stock give it back, those of their bundles' parts too. */
    private function giveBack(int $order, array $stored): void
    {
        foreach ($stored as $row) {
            if ((int) $row['incrementondel'] !== 1) {
                continue;
            }
            $quantity = (float) $row['quantity'];
            $this->moveStock((int) $row['productid'], $quantity);
            $parts = WooVtigerSync_Db::rows(
                'SELECT productid, quantity FROM vtiger_inventorysubproductrel WHERE id = ? AND sequence_no = ?',
                [$order, $row['sequence_no']]
            );
            foreach ($parts as $part) {
                $this->moveStock((int) $part['productid'], $quantity * (float) $part['quantity']);
            }
        }
    }

    private function moveStock(int $product, float $quantity): void
    {
        WooVtigerSync_Request::stockMayHaveMoved();
        WooVtigerSync_Db::exec(
            'UPDATE vtiger_products SET qtyinstock = COALESCE(qtyinstock, 0) + ? WHERE productid = ?',
            [WooVtigerSync_OrderMoney::text($quantity, 3), $product]
        );
    }

    /**
     * Vtiger's pages reckon and show only taxes that belong to the product: those of the lines are made to belong to it.
     *
     * @param array<int, array<string, mixed>> $lines
     */
    public function linkTaxes(array $lines): void
    {
        foreach ($lines as $line) {
            foreach ($line['taxes'] as $name => $percentage) {
                if (WooVtigerSync_OrderMoney::number($percentage) == 0) {
                    continue;
                }
                $tax = $this->taxes()[$name]['taxid'];
                $sql = 'SELECT taxid FROM vtiger_producttaxrel WHERE productid = ? AND taxid = ?';
                if (WooVtigerSync_Db::row($sql, [$line['productid'], $tax]) !== null) {
                    continue;
                }
                WooVtigerSync_Db::insert(
                    'vtiger_producttaxrel',
                    ['productid' => $line['productid'], 'taxid' => $tax, 'taxpercentage' => $percentage, 'regions' => '[]']
                );
            }
        }
    }
}
