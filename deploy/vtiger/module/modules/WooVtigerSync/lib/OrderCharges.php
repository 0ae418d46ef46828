<?php

/**
 * Shipping and other charges of an order. An element names them as Vtiger's webservice does: "shipping_&_handling" for the charge
 * "Shipping & Handling", "shipping_&_handling_shtax2" for a tax on it, and hdnS_H_Amount for their sum.
 */
class WooVtigerSync_OrderCharges
{
    const TABLE = 'vtiger_inventorychargesrel';

    /** @var array<int, array{key: string}>|null */
    private $charges = null;

    /** @return array<int, string> id of a charge => its key in an element */
    private function keys(): array
    {
        if ($this->charges === null) {
            $this->charges = [];
            foreach (WooVtigerSync_Db::rows('SELECT chargeid, name FROM vtiger_inventorycharges WHERE deleted = 0 ORDER BY chargeid') as $row) {
                $name = html_entity_decode((string) $row['name'], ENT_QUOTES, 'UTF-8');
                $this->charges[(int) $row['chargeid']] = strtolower(str_replace(' ', '_', $name));
            }
        }

        return $this->charges;
    }

    /** @return string[] the fields of an element that are about charges */
    public function fields(array $element): array
    {
        $fields = [];
        foreach (array_keys($element) as $field) {
            if ($field === 'hdnS_H_Amount' || $field === 'hdnS_H_Percent') {
                $fields[] = $field;
                continue;
            }
            foreach ($this->keys() as $key) {
                if ($field === $key || preg_match('/^' . preg_quote($key, '/') . '_shtax[0-9]+$/', (string) $field)) {
                    $fields[] = $field;
                }
            }
        }

        return $fields;
    }

    /**
     * @param array<string, mixed> $element
     * @param float $base what percentages are reckoned on
     * @return array{s_h_amount: string, charges: array<int|string, mixed>}
     */
    public function read(array $element, float $base): array
    {
        $charges = [];
        $sum = 0.0;
        foreach ($this->keys() as $id => $key) {
            if (!isset($element[$key]) || $element[$key] === '') {
                continue;
            }
            $charge = [];
            $value = (string) $element[$key];
            if (substr($value, -1) === '%') {
                $charge['percent'] = WooVtigerSync_OrderLines::decimal(substr($value, 0, -1), 3, $key);
                $value = (string) ($base * (float) $charge['percent'] / 100);
            }
            $charge['value'] = WooVtigerSync_OrderLines::decimal($value, WooVtigerSync_OrderMoney::SCALE, $key);
            $charges[$id] = $charge;
            $sum += (float) $charge['value'];
        }
        if ($sum == 0 && isset($element['hdnS_H_Amount']) && $element['hdnS_H_Amount'] !== '') {
            $value = WooVtigerSync_OrderLines::decimal($element['hdnS_H_Amount'], WooVtigerSync_OrderMoney::SCALE, 'hdnS_H_Amount');
            $ids = array_keys($this->keys());
            $charges = [$ids ? $ids[0] : 1 => ['value' => $value]];
            $sum = (float) $value;
        }
        foreach (array_keys($charges) as $id) {
            $charges[$id]['taxes'] = $this->taxes($element, (int) $id);
        }

        return ['s_h_amount' => WooVtigerSync_OrderMoney::text($sum), 'charges' => $charges];
    }

    /** @return array<string, string> id of a tax => percentage */
    private function taxes(array $element, int $charge): array
    {
        $taxes = [];
        $keys = $this->keys();
        if (!isset($keys[$charge])) {
            return $taxes;
        }
        foreach (WooVtigerSync_Db::rows('SELECT taxid FROM vtiger_shippingtaxinfo ORDER BY taxid') as $row) {
            $field = $keys[$charge] . '_shtax' . $row['taxid'];
            if (isset($element[$field]) && $element[$field] !== '') {
                $taxes[(string) $row['taxid']] = WooVtigerSync_OrderLines::decimal($element[$field], 3, $field);
            }
        }

        return $taxes;
    }

    /** @return array<int|string, mixed> */
    public function stored(int $order): array
    {
        $text = WooVtigerSync_Db::value('SELECT charges FROM ' . self::TABLE . ' WHERE recordid = ?', [$order]);
        $charges = json_decode(html_entity_decode((string) $text, ENT_QUOTES, 'UTF-8'), true);

        return is_array($charges) ? $charges : [];
    }

    /** @param array<int|string, mixed> $charges */
    public function write(int $order, array $charges): void
    {
        WooVtigerSync_Db::deleteIfAny(self::TABLE, 'recordid', $order);
        WooVtigerSync_Db::insert(self::TABLE, ['recordid' => $order, 'charges' => json_encode($charges)]);
    }

    /**
     * Adds to each charge which of its taxes are reckoned on others.
     *
     * @param array<int|string, mixed> $charges
     * @return array<int, array<string, mixed>>
     */
    public function forReckoning(array $charges): array
    {
        $compound = [];
        foreach (WooVtigerSync_Db::rows("SELECT taxid, compoundon FROM vtiger_shippingtaxinfo WHERE method = 'Compound'") as $row) {
            $ids = json_decode(html_entity_decode((string) $row['compoundon'], ENT_QUOTES), true);
            $compound[(string) $row['taxid']] = is_array($ids) ? $ids : [];
        }
        $result = [];
        foreach ($charges as $charge) {
            if (is_array($charge) && isset($charge['value'])) {
                $charge['compound'] = $compound;
                $result[] = $charge;
            }
        }

        return $result;
    }
}
