<?php

/**
 * Taxes of products and services.
 */
class WooVtigerSync_Taxes
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
        $this->access->demandType('Tax');
        $taxes = [];
        foreach (WooVtigerSync_Db::rows('SELECT * FROM vtiger_inventorytaxinfo ORDER BY taxid') as $row) {
            $taxes[] = self::shown($row);
        }

        return $taxes;
    }

    private static function shown(array $row): array
    {
        return [
            'id' => WooVtigerSync_Ids::make('Tax', $row['taxid']),
            'taxname' => (string) $row['taxname'],
            'taxlabel' => html_entity_decode((string) $row['taxlabel'], ENT_QUOTES, 'UTF-8'),
            'percentage' => (string) $row['percentage'],
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
        if (!empty($element['id'])) {
            $id = $this->change($element['id'], $values);
        } else {
            $id = $this->create($values);
        }
        $row = WooVtigerSync_Db::row('SELECT * FROM vtiger_inventorytaxinfo WHERE taxid = ?', [$id]);
        if ($row === null) {
            throw WooVtigerSync_Fault::database();
        }

        return self::shown($row);
    }

    /** @return array<string, mixed> */
    private static function values(array $element): array
    {
        $values = [];
        if (isset($element['taxlabel'])) {
            $values['taxlabel'] = trim((string) $element['taxlabel']);
            if ($values['taxlabel'] === '') {
                throw WooVtigerSync_Fault::missing('taxlabel does not have a value');
            }
        }
        if (isset($element['percentage']) && $element['percentage'] !== '') {
            $values['percentage'] = WooVtigerSync_OrderLines::decimal($element['percentage'], 3, 'percentage');
        }
        if (array_key_exists('deleted', $element)) {
            $values['deleted'] = in_array($element['deleted'], [true, 1, '1', 'true'], true) ? 1 : 0;
        }

        return $values;
    }

    /** @param mixed $id */
    private function change($id, array $values): int
    {
        $parts = WooVtigerSync_Ids::parse($id);
        if ($parts === null || $parts[0] !== WooVtigerSync_Ids::type('Tax')) {
            throw WooVtigerSync_Fault::id();
        }
        if (WooVtigerSync_Db::row('SELECT taxid FROM vtiger_inventorytaxinfo WHERE taxid = ?', [$parts[1]]) === null) {
            throw WooVtigerSync_Fault::notFound();
        }
        WooVtigerSync_Db::update('vtiger_inventorytaxinfo', $values, 'taxid', $parts[1]);

        return $parts[1];
    }

    /** As Vtiger's page of taxes does: a tax is a column of the lines, and a field of the modules that have lines. */
    private function create(array $values): int
    {
        foreach (['taxlabel', 'percentage'] as $field) {
            if (!isset($values[$field])) {
                throw WooVtigerSync_Fault::missing($field . ' does not have a value');
            }
        }
        $tax = new Inventory_TaxRecord_Model();
        $fields = $values + ['deleted' => 0, 'method' => 'Simple', 'type' => 'Fixed', 'taxType' => 'Fixed', 'compoundon' => [], 'regions' => []];
        foreach ($fields as $name => $value) {
            $tax->set($name, $value);
        }
        $tax->setType(Inventory_TaxRecord_Model::PRODUCT_AND_SERVICE_TAX);

        return (int) $tax->save();
    }
}
