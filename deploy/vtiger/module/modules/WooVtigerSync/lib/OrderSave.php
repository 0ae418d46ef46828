<?php

/**
 * Writes a sales order with its lines in one database transaction.
 *
 * The header goes through Vtiger's own entity, so that fields, numbering and event handlers are Vtiger's; the lines and the money are written
 * here, since Vtiger's own way of writing them by webservice fails on PHP 8 and leaves orders half written.
 */
class WooVtigerSync_OrderSave
{
    const MODULE = 'SalesOrder';

    const LOCK_SECONDS = 20;

    /** How often a write is tried when the database finds a deadlock. */
    const ATTEMPTS = 3;

    /** Money of the header: field => column of vtiger_salesorder. */
    const MONEY = [
        'hdnTaxType' => 'taxtype',
        'hdnDiscountPercent' => 'discount_percent',
        'hdnDiscountAmount' => 'discount_amount',
        'hdnS_H_Amount' => 's_h_amount',
        'hdnS_H_Percent' => 's_h_percent',
        'txtAdjustment' => 'adjustment',
        'hdnSubTotal' => 'subtotal',
        'pre_tax_total' => 'pre_tax_total',
        'hdnGrandTotal' => 'total',
    ];

    /** Money that is reckoned here, whatever is sent. */
    const RECKONED = ['hdnSubTotal', 'pre_tax_total', 'hdnGrandTotal'];

    /** Fields that belong to lines, though Vtiger lists them for the order too. */
    const OF_LINES = ['LineItems', 'LineItems_FinalDetails', 'productid', 'quantity', 'listprice', 'comment', 'discount_amount', 'discount_percent',
        'netprice', 'sequence_no', 'incrementondel', 'lineitem_id', 'image', 'purchase_cost', 'margin', 'product_name'];

    /** Fields that nobody sets. */
    const FIXED = ['id', 'createdtime', 'modifiedtime', 'modifiedby', 'created_user_id', 'salesorder_no', 'record_id', 'record_module', 'label'];

    /** @var Users */
    private $user;

    /** @var WooVtigerSync_Access */
    private $access;

    /** @var WooVtigerSync_OrderLines */
    private $lines;

    /** @var WooVtigerSync_OrderCharges */
    private $charges;

    /** @var bool have workflows and other handlers been told of the write? */
    private $told = false;

    /** @var int the new order, until it is committed */
    private $created = 0;

    public function __construct($user)
    {
        $this->user = $user;
        $this->access = new WooVtigerSync_Access($user);
        $this->lines = new WooVtigerSync_OrderLines($this->access);
        $this->charges = new WooVtigerSync_OrderCharges();
    }

    /**
     * @param mixed $element
     * @return string webservice id of the order
     */
    public function save($element): string
    {
        if (!is_array($element) || !$element) {
            throw WooVtigerSync_Fault::missing('element does not have a value');
        }
        $this->access->demandType(self::MODULE);
        $meta = $this->access->meta(self::MODULE);
        $reference = $this->reference($element, $meta);
        unset($element['reference']);
        $lock = $reference === null ? '' : 'woovtigersync:' . md5($this->database() . "\n" . $reference['field'] . "\n" . $reference['value']);
        if ($lock !== '' && !WooVtigerSync_Db::lock($lock, self::LOCK_SECONDS)) {
            throw WooVtigerSync_Fault::database('The order with this reference is being written');
        }
        try {
            $id = isset($element['id']) && $element['id'] !== '' ? $element['id'] : null;
            if ($id === null && $reference !== null) {
                $id = $this->find($reference);
                if ($id === null) {
                    $element[$reference['field']] = $reference['value'];
                }
            }

            return $this->transaction($meta, $element, $id);
        } finally {
            if ($lock !== '') {
                WooVtigerSync_Db::unlock($lock);
            }
        }
    }

    private function database(): string
    {
        return (string) PearDatabase::getInstance()->dbName;
    }

    /** @return array{field: string, value: string, table: string, column: string}|null */
    private function reference(array $element, $meta)
    {
        if (!isset($element['reference'])) {
            return null;
        }
        $reference = $element['reference'];
        if (!is_array($reference) || !isset($reference['field'], $reference['value']) || trim((string) $reference['value']) === '') {
            throw WooVtigerSync_Fault::missing('reference needs a field and a value');
        }
        $columns = $meta->getFieldColumnMapping();
        $tables = $meta->getColumnTableMapping();
        $field = (string) $reference['field'];
        $column = isset($columns[$field]) ? $columns[$field] : '';
        $table = isset($tables[$column]) ? $tables[$column] : '';
        if (!isset(WooVtigerSync_OrderState::TABLES[$table]) || !preg_match('/^[A-Za-z0-9_]+$/', $column)) {
            throw WooVtigerSync_Fault::missing('reference names no field of an order: ' . $field);
        }

        return ['field' => $field, 'value' => (string) $reference['value'], 'table' => $table, 'column' => $column];
    }

    /** @return string|null webservice id of the order that has the reference */
    private function find(array $reference)
    {
        $key = WooVtigerSync_OrderState::TABLES[$reference['table']];
        $sql = 'SELECT c.crmid FROM vtiger_crmentity c INNER JOIN ' . $reference['table'] . ' t ON t.' . $key . ' = c.crmid'
            . ' WHERE c.deleted = 0 AND c.setype = ? AND t.' . $reference['column'] . ' = ? ORDER BY c.crmid LIMIT 1';
        $record = WooVtigerSync_Db::value($sql, [self::MODULE, $reference['value']]);

        return $record === null ? null : WooVtigerSync_Ids::make(self::MODULE, $record);
    }

    /** @param mixed $id */
    private function transaction($meta, array $element, $id): string
    {
        for ($attempt = 1;; ++$attempt) {
            $this->created = 0;
            $this->told = false;
            try {
                WooVtigerSync_Db::begin();
                list($order, $changed) = $this->write($meta, $element, $id);
                if ($changed) {
                    WooVtigerSync_Db::commit();
                } else {
                    WooVtigerSync_Db::rollback();
                }

                return WooVtigerSync_Ids::make(self::MODULE, $order);
            } catch (WebServiceException $e) {
                $this->undo();
                throw $e;
            } catch (WooVtigerSync_DbException $e) {
                $this->undo();
                // A deadlock is nobody's fault. Once workflows have run, they must not run again for the same write.
                if ($e->isDeadlock() && !$this->told && $attempt < self::ATTEMPTS) {
                    continue;
                }
                WooVtigerSync_Request::complain($e);
                throw WooVtigerSync_Fault::database();
            } catch (\Throwable $e) {
                $this->undo();
                WooVtigerSync_Request::complain($e);
                throw WooVtigerSync_Fault::internal('The order could not be saved: ' . $e->getMessage());
            }
        }
    }

    /** Takes back all that was written, also what Vtiger's code wrote after the database had ended the transaction by itself. */
    private function undo(): void
    {
        WooVtigerSync_Db::rollback();
        if ($this->created <= 0) {
            return;
        }
        $tables = ['vtiger_crmentity' => 'crmid', WooVtigerSync_OrderLines::TABLE => 'id', WooVtigerSync_OrderCharges::TABLE => 'recordid'];
        foreach ($tables + WooVtigerSync_OrderState::TABLES as $table => $column) {
            WooVtigerSync_Db::deleteIfAny($table, $column, $this->created);
        }
    }

    /**
     * @param mixed $id
     * @return array{0: int, 1: bool} the order, and whether anything has changed
     */
    private function write($meta, array $element, $id): array
    {
        $create = $id === null;
        $order = 0;
        if (!$create) {
            $order = $this->existing($meta, $id);
        }
        $total = isset($element['total']) && $element['total'] !== ''
            ? WooVtigerSync_OrderLines::decimal($element['total'], WooVtigerSync_OrderMoney::SCALE, 'total')
            : null;
        $hasTotal = array_key_exists('total', $element);
        unset($element['total']);
        $stored = $create ? [] : $this->lines->stored($order);
        $lines = null;
        if (array_key_exists('LineItems', $element)) {
            $lines = $this->lines->read($element['LineItems'], $stored);
        } elseif ($create || $hasTotal || $this->moneyFields($element)) {
            throw WooVtigerSync_Fault::missing('LineItems does not have a value');
        }
        $header = $this->header($meta, $element, $create);
        $before = $create ? null : WooVtigerSync_OrderState::read($order);

        $focus = $this->focus($meta, $header, $order);
        $events = $this->beforeSave($focus);
        $this->saveHeader($focus);
        $order = (int) $focus->id;
        if ($order <= 0) {
            throw WooVtigerSync_Fault::database();
        }
        if ($create) {
            $this->created = $order;
        }
        WooVtigerSync_Db::demandTransaction();
        if (!$create) {
            $this->keepNumbers($meta, $order, array_keys($header), $before);
        }
        if ($lines !== null) {
            $this->saveLines($focus, $order, $element, $stored, $lines, $total, $before);
        } else {
            $this->keepMoney($order, $before['vtiger_salesorder'][0]);
        }
        $after = WooVtigerSync_OrderState::read($order);
        if (!$after['entity'] || !$after['vtiger_salesorder']) {
            throw WooVtigerSync_Fault::database();
        }
        if (!$create && WooVtigerSync_OrderState::same($before, $after)) {
            return [$order, false];
        }
        $this->told = true;
        $this->afterSave($focus, $events);
        $this->stamp($order);

        return [$order, true];
    }

    /** @param mixed $id */
    private function existing($meta, $id): int
    {
        $parts = WooVtigerSync_Ids::parse($id);
        if ($parts === null || $parts[0] !== WooVtigerSync_Ids::type(self::MODULE)) {
            throw WooVtigerSync_Fault::id();
        }
        // Two writers of one order come one after the other.
        WooVtigerSync_Db::row('SELECT crmid FROM vtiger_crmentity WHERE crmid = ?' . WooVtigerSync_Db::forUpdate(), [$parts[1]]);
        $this->access->demandWrite($meta, self::MODULE, $id);

        return $parts[1];
    }

    /** @return string[] */
    private function moneyFields(array $element): array
    {
        return array_merge(array_intersect(array_keys(self::MONEY), array_keys($element)), $this->charges->fields($element));
    }

    /**
     * The fields of the header, checked and in the form that Vtiger's entity takes.
     *
     * @return array<string, mixed>
     */
    private function header($meta, array $element, bool $create): array
    {
        if ($create && isset($element['LineItems'][0]['productid']) && empty($element['productid'])) {
            $element['productid'] = $element['LineItems'][0]['productid'];
        }
        if ($create) {
            foreach (['quantity', 'listprice'] as $field) {
                if (!isset($element[$field]) && isset($element['LineItems'][0][$field])) {
                    $element[$field] = $element['LineItems'][0][$field];
                }
            }
            if (empty($element['hdnTaxType'])) {
                $element['hdnTaxType'] = $this->defaultTaxType();
            }
        } else {
            foreach (self::OF_LINES as $field) {
                unset($element[$field]);
            }
        }
        $taxColumns = array_keys($this->lines->taxes());
        $drop = array_merge(self::OF_LINES, self::FIXED, array_keys(self::MONEY), $this->charges->fields($element), $taxColumns);
        $element = $this->access->checkFields($meta, array_diff_key($element, array_flip(self::FIXED)), $create);
        $header = array_diff_key($element, array_flip($drop));
        foreach ($header as $field => $value) {
            if (is_array($value) || is_object($value)) {
                unset($header[$field]);
            }
        }

        $sent = array_keys($header);
        $header = DataTransform::sanitizeForInsert($header, $meta);
        if (!$create) {
            // Where a record came from is said once.
            $header = array_intersect_key($header, array_flip($sent));
        }

        return $header;
    }

    private function defaultTaxType(): string
    {
        $default = WooVtigerSync_Db::value("SELECT defaultvalue FROM vtiger_field WHERE fieldname = 'hdnTaxType' AND tabid = ?", [getTabid(self::MODULE)]);

        return $default === 'individual' ? 'individual' : 'group';
    }

    /** Vtiger's entity of the order, with the new values. */
    private function focus($meta, array $header, int $order)
    {
        $focus = CRMEntity::getInstance(self::MODULE);
        if ($order > 0) {
            $focus->id = $order;
            $focus->retrieve_entity_info($order, self::MODULE);
            $focus->id = $order;
            $focus->mode = 'edit';
            foreach ($focus->column_fields as $field => $value) {
                if (!array_key_exists($field, $header) && !is_array($value)) {
                    $focus->column_fields[$field] = decode_html($value);
                }
            }
        }
        foreach ($header as $field => $value) {
            $focus->column_fields[$field] = $value;
        }
        if (empty($focus->column_fields['currency_id'])) {
            $focus->column_fields['currency_id'] = (int) WooVtigerSync_Db::value(
                'SELECT MIN(id) FROM vtiger_currency_info WHERE defaultid < 0'
            ) ?: 1;
        }
        if (empty($focus->column_fields['conversion_rate'])) {
            $focus->column_fields['conversion_rate'] = 1;
        }
        // Vtiger's own writing of lines from the page's form stays out.
        $focus->isLineItemUpdate = false;

        return $focus;
    }

    /** @return array{0: VTEventsManager, 1: VTEntityData} */
    private function beforeSave($focus): array
    {
        require_once 'include/events/include.inc';
        $manager = new VTEventsManager(PearDatabase::getInstance());
        $manager->initTriggerCache();
        $data = VTEntityData::fromCRMEntity($focus);
        foreach (['vtiger.entity.beforesave.modifiable', 'vtiger.entity.beforesave', 'vtiger.entity.beforesave.final'] as $event) {
            $manager->triggerEvent($event, $data);
        }

        return [$manager, $data];
    }

    private function saveHeader($focus): void
    {
        $request = [];
        foreach (['action' => 'FROM_WS', 'ajxaction' => 'DETAILVIEW'] as $name => $value) {
            $request[$name] = isset($_REQUEST[$name]) ? $_REQUEST[$name] : null;
            $_REQUEST[$name] = $value;
        }
        try {
            $focus->saveentity(self::MODULE);
        } finally {
            foreach ($request as $name => $value) {
                if ($value === null) {
                    unset($_REQUEST[$name]);
                } else {
                    $_REQUEST[$name] = $value;
                }
            }
        }
    }

    /**
     * Vtiger reads stored numbers back in the user's format when it saves, and rounds them: numbers that were not sent are put back.
     *
     * @param string[] $sent
     */
    private function keepNumbers($meta, int $order, array $sent, array $before): void
    {
        $tables = $meta->getColumnTableMapping();
        foreach ($meta->getModuleFields() as $name => $field) {
            $column = $field->getColumnName();
            $table = isset($tables[$column]) ? $tables[$column] : '';
            if (in_array($name, $sent, true) || !isset(WooVtigerSync_OrderState::TABLES[$table], $before[$table][0])) {
                continue;
            }
            if (!in_array($field->getFieldDataType(), ['currency', 'double', 'integer', 'percentage'], true)) {
                continue;
            }
            if (!array_key_exists($column, $before[$table][0])) {
                continue;
            }
            $sql = 'UPDATE ' . $table . ' SET ' . $column . ' = ? WHERE ' . WooVtigerSync_OrderState::TABLES[$table] . ' = ?';
            WooVtigerSync_Db::exec($sql, [$before[$table][0][$column], $order]);
        }
    }

    private function keepMoney(int $order, array $row): void
    {
        $this->updateOrder($order, array_intersect_key($row, array_flip(array_values(self::MONEY))));
    }

    private function updateOrder(int $order, array $values): void
    {
        WooVtigerSync_Db::update('vtiger_salesorder', $values, 'salesorderid', $order);
    }

    private function saveLines($focus, int $order, array $element, array $stored, array $lines, $total, $before): void
    {
        $old = $before === null ? [] : $before['vtiger_salesorder'][0];
        $money = $this->money($element, $old);
        $reckoning = new WooVtigerSync_OrderMoney($this->lines->compound());
        $money['charges'] = [];
        if ($before === null || $this->charges->fields($element)) {
            $bare = $reckoning->reckon($lines, ['s_h_amount' => 0, 'adjustment' => 0] + $money);
            $charges = $this->charges->read($element, (float) $bare['pre_tax_total']);
        } else {
            $charges = ['s_h_amount' => $old['s_h_amount'], 'charges' => $this->charges->stored($order)];
        }
        $money['s_h_amount'] = $charges['s_h_amount'];
        $money['charges'] = $this->charges->forReckoning($charges['charges']);
        $sums = $reckoning->reckon($lines, $money, $total);

        if (!$this->lines->same($stored, $lines)) {
            $this->lines->replace($order, $stored, $lines);
        }
        if ($money['taxtype'] === 'individual') {
            $this->lines->linkTaxes($lines);
        }
        $this->charges->write($order, $charges['charges']);
        $columns = [
            'taxtype' => $money['taxtype'],
            'discount_amount' => $money['discount_amount'],
            'discount_percent' => $money['discount_percent'],
            's_h_amount' => $charges['s_h_amount'],
            's_h_percent' => $money['s_h_percent'],
            'adjustment' => $sums['adjustment'],
            'subtotal' => $sums['subtotal'],
            'pre_tax_total' => $sums['pre_tax_total'],
            'total' => $sums['total'],
            'compound_taxes_info' => json_encode($this->compoundInfo() ?: new stdClass()),
        ];
        if ($columns['compound_taxes_info'] === '{}') {
            $columns['compound_taxes_info'] = isset($old['compound_taxes_info']) ? $old['compound_taxes_info'] : '[]';
        }
        $this->updateOrder($order, $columns);
        $written = WooVtigerSync_Db::row('SELECT total, subtotal FROM vtiger_salesorder WHERE salesorderid = ?', [$order]);
        if ($written === null || abs((float) $written['total'] - (float) $sums['total']) >= 0.000001
            || count($this->lines->stored($order)) !== count($lines)) {
            throw WooVtigerSync_Fault::database();
        }
        foreach (self::MONEY as $field => $column) {
            $focus->column_fields[$field] = $columns[$column];
        }
    }

    /** @return array<string, string[]> id of a compound tax => ids of the taxes it is reckoned on */
    private function compoundInfo(): array
    {
        $info = [];
        $taxes = $this->lines->taxes();
        foreach ($this->lines->compound() as $name => $others) {
            foreach ($others as $other) {
                $info[(string) $taxes[$name]['taxid']][] = (string) $taxes[$other]['taxid'];
            }
        }

        return $info;
    }

    /**
     * What is sent, or else what is stored.
     *
     * @return array<string, mixed>
     */
    private function money(array $element, array $old): array
    {
        $money = [];
        foreach (self::MONEY as $field => $column) {
            if (in_array($field, self::RECKONED, true) || $field === 'hdnS_H_Amount') {
                continue;
            }
            $money[$column] = isset($old[$column]) ? $old[$column] : null;
            if (!array_key_exists($field, $element)) {
                continue;
            }
            if ($field === 'hdnTaxType') {
                $money[$column] = (string) $element[$field];
            } elseif ($element[$field] === '' || $element[$field] === null) {
                $money[$column] = null;
            } else {
                $scale = in_array($field, ['hdnDiscountPercent', 'hdnS_H_Percent'], true) ? 3 : WooVtigerSync_OrderMoney::SCALE;
                $money[$column] = WooVtigerSync_OrderLines::decimal($element[$field], $scale, $field);
            }
        }
        if ($money['taxtype'] === null || $money['taxtype'] === '') {
            $money['taxtype'] = $this->defaultTaxType();
        }
        if (!in_array($money['taxtype'], ['group', 'individual'], true)) {
            throw WooVtigerSync_Fault::missing('hdnTaxType is neither group nor individual');
        }
        foreach (['discount_amount', 'discount_percent'] as $column) {
            if (WooVtigerSync_OrderMoney::number($money[$column]) == 0) {
                $money[$column] = null;
            }
        }
        if ($money['discount_amount'] !== null && $money['discount_percent'] !== null) {
            // One of both counts: the one that was sent.
            if (isset($element['hdnDiscountPercent']) && !isset($element['hdnDiscountAmount'])) {
                $money['discount_amount'] = null;
            } else {
                $money['discount_percent'] = null;
            }
        }

        return $money;
    }

    /** Workflows and other handlers run with the lines in place. They must not take stock, which the order does not do. */
    private function afterSave($focus, array $events): void
    {
        list($manager, $data) = $events;
        $globals = [];
        $quiet = ['updateInventoryProductRel_deduct_stock' => false, 'updateInventoryProductRel_update_product_array' => []];
        foreach ($quiet as $name => $value) {
            $globals[$name] = isset($GLOBALS[$name]) ? $GLOBALS[$name] : null;
            $GLOBALS[$name] = $value;
        }
        try {
            $manager->triggerEvent('vtiger.entity.aftersave', $data);
            $manager->triggerEvent('vtiger.entity.aftersave.final', $data);
        } finally {
            foreach ($globals as $name => $value) {
                $GLOBALS[$name] = $value;
            }
        }
    }

    /**
     * Others see the order only when the transaction ends: should workflows have taken longer than the second of the change, the order gets
     * the time of the end, so that nobody who reads changes by time misses it.
     */
    private function stamp(int $order): void
    {
        $now = WooVtigerSync_Time::text(time());
        $time = WooVtigerSync_Db::value('SELECT modifiedtime FROM vtiger_crmentity WHERE crmid = ?', [$order]);
        if (strcmp(substr((string) $time, 0, 19), $now) < 0) {
            WooVtigerSync_Db::exec('UPDATE vtiger_crmentity SET modifiedtime = ? WHERE crmid = ?', [$now, $order]);
            WooVtigerSync_Outbox::retime(self::MODULE, $order, $now);
        }
    }
}
