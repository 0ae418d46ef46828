<?php

/**
 * Charges that orders can have, as shipping.
 */
class WooVtigerSync_Charges
{
    /** @var WooVtigerSync_Access */
    private $access;

    public function __construct(WooVtigerSync_Access $access)
    {
        $this->access = $access;
    }

    /** @return array<int, array<string, mixed>> */
    public function all(): array
    {
        $this->access->demandType('SalesOrder');
        $charges = [];
        foreach (WooVtigerSync_Db::rows('SELECT * FROM vtiger_inventorycharges ORDER BY chargeid') as $row) {
            $charges[] = self::shown($row);
        }

        return $charges;
    }

    private static function shown(array $row): array
    {
        $taxes = json_decode(html_entity_decode((string) $row['taxes'], ENT_QUOTES), true);

        return [
            'id' => (string) $row['chargeid'],
            'name' => html_entity_decode((string) $row['name'], ENT_QUOTES, 'UTF-8'),
            'format' => (string) $row['format'],
            'type' => (string) $row['type'],
            'value' => (string) $row['value'],
            'taxes' => is_array($taxes) && (int) $row['istaxable'] === 1 ? array_map('strval', array_values($taxes)) : [],
            'deleted' => (int) $row['deleted'] === 1,
        ];
    }

    /**
     * @param mixed $element
     * @return array<string, mixed>
     */
    public function save($element): array
    {
        $this->access->demandAdmin();
        if (!is_array($element)) {
            throw WooVtigerSync_Fault::missing('element does not have a value');
        }
        $values = self::values($element);
        if (isset($element['id']) && $element['id'] !== '') {
            $id = (int) $element['id'];
            if (WooVtigerSync_Db::row('SELECT chargeid FROM vtiger_inventorycharges WHERE chargeid = ?', [$id]) === null) {
                throw WooVtigerSync_Fault::notFound();
            }
            WooVtigerSync_Db::update('vtiger_inventorycharges', $values, 'chargeid', $id);
        } else {
            if (!isset($values['name'])) {
                throw WooVtigerSync_Fault::missing('name does not have a value');
            }
            $values += ['format' => 'Flat', 'type' => 'Fixed', 'value' => '0', 'taxes' => '[]', 'istaxable' => 0, 'regions' => '[]', 'deleted' => 0];
            WooVtigerSync_Db::insert('vtiger_inventorycharges', $values);
            $id = WooVtigerSync_Db::lastInsertId();
        }
        $row = WooVtigerSync_Db::row('SELECT * FROM vtiger_inventorycharges WHERE chargeid = ?', [$id]);
        if ($row === null) {
            throw WooVtigerSync_Fault::database();
        }

        return self::shown($row);
    }

    /** @return array<string, mixed> */
    private static function values(array $element): array
    {
        $values = [];
        if (isset($element['name'])) {
            $values['name'] = trim((string) $element['name']);
            if ($values['name'] === '') {
                throw WooVtigerSync_Fault::missing('name does not have a value');
            }
        }
        foreach (['format' => ['Flat', 'Percent'], 'type' => ['Fixed', 'Variable']] as $field => $allowed) {
            if (isset($element[$field])) {
                if (!in_array($element[$field], $allowed, true)) {
                    throw WooVtigerSync_Fault::missing($field . ' is none of ' . implode(', ', $allowed));
                }
                $values[$field] = $element[$field];
            }
        }
        if (isset($element['value']) && $element['value'] !== '') {
            $values['value'] = WooVtigerSync_OrderLines::decimal($element['value'], 5, 'value');
        }
        if (isset($element['taxes']) && is_array($element['taxes'])) {
            $taxes = array_map('strval', array_map('intval', array_values($element['taxes'])));
            $values['taxes'] = json_encode($taxes);
            $values['istaxable'] = $taxes ? 1 : 0;
        }
        if (array_key_exists('deleted', $element)) {
            $values['deleted'] = in_array($element['deleted'], [true, 1, '1', 'true'], true) ? 1 : 0;
        }

        return $values;
    }
}
