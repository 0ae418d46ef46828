<?php

require_once dirname(__DIR__) . '/lib/bootstrap.php';

/**
 * Notes saved, deleted and restored records. It runs within the save of a record, so it writes one row and nothing else, and a fault of
 * its own must not harm the save.
 */
class WooVtigerSync_RecordHandler extends VTEventHandler
{
    const EVENTS = ['vtiger.entity.aftersave.final', 'vtiger.entity.afterdelete', 'vtiger.entity.afterrestore'];

    /**
     * @param string $name
     * @param VTEntityData $data
     */
    public function handleEvent($name, $data)
    {
        $level = ob_get_level();
        try {
            ob_start();
            $this->note((string) $name, $data);
        } catch (\Throwable $e) {
            WooVtigerSync_Request::complain($e);
        }
        while (ob_get_level() > $level) {
            ob_end_clean();
        }
    }

    private function note(string $name, $data): void
    {
        if (!in_array($name, self::EVENTS, true) || !is_object($data) || !WooVtigerSync_Settings::active()) {
            return;
        }
        $module = (string) $data->getModuleName();
        $record = $data->getId();
        if (is_string($record) && strpos($record, 'x') !== false) {
            $record = substr($record, strpos($record, 'x') + 1);
        }
        $record = (int) $record;
        if ($record <= 0) {
            return;
        }
        if (in_array($module, WooVtigerSync_Stock::MOVERS, true)) {
            WooVtigerSync_Request::stockMayHaveMoved();
        }
        if (!in_array($module, WooVtigerSync_Settings::MODULES, true)) {
            return;
        }
        if ($module === 'Products') {
            WooVtigerSync_Stock::saved($record);
        }
        WooVtigerSync_Outbox::add($module, $record, $name);
    }
}
