<?php

/* Stand-ins of Vtiger's entities (data/CRMEntity.php, modules/SalesOrder), as of 8.3.0, as far as the module meets them. */

class CRMEntity
{
    public $id;
    public $mode = '';
    public $moduleName = '';
    public $column_fields = [];

    public static function getInstance($module)
    {
        $focus = $module === 'SalesOrder' ? new SalesOrder() : new self();
        $focus->moduleName = $module;

        return $focus;
    }

    public function trash($module, $id)
    {
        Lab::exec('UPDATE vtiger_crmentity SET deleted = 1 WHERE crmid = ?', [$id]);
        Lab::trigger('vtiger.entity.afterdelete', $module, $id);
    }
}

class SalesOrder extends CRMEntity
{
    const COLUMNS = [
        'subject' => 'subject', 'sostatus' => 'sostatus', 'vtiger_purchaseorder' => 'purchaseorder', 'account_id' => 'accountid',
        'hdnTaxType' => 'taxtype', 'hdnSubTotal' => 'subtotal', 'hdnGrandTotal' => 'total', 'txtAdjustment' => 'adjustment',
        'pre_tax_total' => 'pre_tax_total', 'currency_id' => 'currency_id', 'conversion_rate' => 'conversion_rate',
        'salescommission' => 'salescommission',
    ];

    public $isLineItemUpdate = true;

    public function retrieve_entity_info($record, $module, $allowDeleted = false)
    {
        $row = Lab::row('SELECT * FROM vtiger_salesorder WHERE salesorderid = ?', [$record]);
        foreach (self::COLUMNS as $field => $column) {
            $this->column_fields[$field] = is_string($row[$column]) ? htmlentities($row[$column], ENT_QUOTES, 'UTF-8') : $row[$column];
        }
    }

    public function saveentity($module, $fileid = '')
    {
        if ($this->isLineItemUpdate || $_REQUEST['ajxaction'] !== 'DETAILVIEW') {
            throw new LogicException('Vtiger would replace the lines by those of the form');
        }
        $now = date('Y-m-d H:i:s', Lab::$clock ?: time());
        $owner = isset($this->column_fields['assigned_user_id']) ? $this->column_fields['assigned_user_id'] : 1;
        if ($this->mode === 'edit') {
            Lab::exec(
                'UPDATE vtiger_crmentity SET modifiedtime = ?, modifiedby = ?, label = ? WHERE crmid = ?',
                [$now, $GLOBALS['current_user']->id, $this->column_fields['subject'], $this->id]
            );
        } else {
            $this->id = Lab::entity('SalesOrder', $now, $owner, $this->column_fields['subject']);
            foreach (['vtiger_salesorder' => 'salesorderid', 'vtiger_salesordercf' => 'salesorderid', 'vtiger_sobillads' => 'sobilladdressid',
                'vtiger_soshipads' => 'soshipaddressid'] as $table => $column) {
                Lab::exec('INSERT INTO ' . $table . ' (' . $column . ') VALUES (?)', [$this->id]);
            }
        }
        foreach (self::COLUMNS as $field => $column) {
            if (!isset($this->column_fields[$field])) {
                continue;
            }
            $value = $this->column_fields[$field];
            // Vtiger writes all the money anew whenever it saves, in the user's decimals.
            if ($this->mode === 'edit' && is_numeric($value) && in_array($column, ['subtotal', 'total', 'adjustment', 'pre_tax_total', 'salescommission'], true)) {
                $value = round((float) $value, 2);
            }
            Lab::exec('UPDATE vtiger_salesorder SET ' . $column . ' = ? WHERE salesorderid = ?', [$value, $this->id]);
        }
        // This row comes and goes with every save.
        Lab::exec('DELETE FROM vtiger_invoice_recurring_info WHERE salesorderid = ?', [$this->id]);
        Lab::exec('INSERT INTO vtiger_invoice_recurring_info (salesorderid) VALUES (?)', [$this->id]);
    }
}

class Inventory_TaxRecord_Model
{
    const PRODUCT_AND_SERVICE_TAX = 0;

    private $values = [];

    public function set($key, $value)
    {
        $this->values[$key] = $value;

        return $this;
    }

    public function setType($type)
    {
        return $this;
    }

    public function save()
    {
        $id = (int) Lab::value('SELECT MAX(taxid) FROM vtiger_inventorytaxinfo') + 1;
        Lab::exec('ALTER TABLE vtiger_inventoryproductrel ADD COLUMN tax' . $id . ' decimal(7,3) DEFAULT NULL');
        Lab::exec(
            'INSERT INTO vtiger_inventorytaxinfo VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
            [$id, 'tax' . $id, $this->values['taxlabel'], $this->values['percentage'], 0, 'Simple', 'Fixed', '[]', '[]']
        );

        return $id;
    }
}

class Vtiger_Cron
{
    public static $STATUS_ENABLED = 1;

    public static function register($name, $handler_file, $frequency, $module = 'Home', $status = 1, $sequence = 0, $description = '')
    {
        Lab::exec('INSERT INTO vtiger_cron_task (name, handler_file, frequency) VALUES (?, ?, ?)', [$name, $handler_file, $frequency]);
    }

    public static function deregister($name)
    {
        Lab::exec('DELETE FROM vtiger_cron_task WHERE name = ?', [$name]);
    }

    public static function getInstance($name)
    {
        return Lab::row('SELECT * FROM vtiger_cron_task WHERE name = ?', [$name]) ? new self() : false;
    }
}
