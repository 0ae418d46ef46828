<?php

/**
 * Finds changes that Vtiger made without telling its event handlers, as its import does. Run by the cron.
 */
class WooVtigerSync_Sweep
{
    /** All that was before now is known. */
    public static function start(): void
    {
        WooVtigerSync_Settings::set('sweep', WooVtigerSync_Time::text(time()) . '|0');
    }

    /** @return int announced records */
    public static function run(int $limit = 5000): int
    {
        if (!WooVtigerSync_Settings::active()) {
            return 0;
        }
        $parts = explode('|', WooVtigerSync_Settings::get('sweep'));
        if (count($parts) !== 2) {
            self::start();

            return 0;
        }
        list($time, $record) = $parts;
        // A request that still runs has its rows from before: what is younger than a minute is left for the next run.
        $until = WooVtigerSync_Time::text(time() - 60);
        $found = 0;
        $modules = WooVtigerSync_Settings::MODULES;
        $sql = 'SELECT crmid, setype, modifiedtime, deleted FROM vtiger_crmentity WHERE setype IN (' . WooVtigerSync_Db::marks($modules) . ')'
            . ' AND modifiedtime < ? AND (modifiedtime > ? OR (modifiedtime = ? AND crmid > ?)) ORDER BY modifiedtime, crmid LIMIT ' . $limit;
        foreach (WooVtigerSync_Db::rows($sql, array_merge($modules, [$until, $time, $time, (int) $record])) as $row) {
            $time = substr((string) $row['modifiedtime'], 0, 19);
            $record = (int) $row['crmid'];
            if (!WooVtigerSync_Outbox::knows($row['setype'], $record, (string) $row['modifiedtime'])) {
                $event = (int) $row['deleted'] === 1 ? WooVtigerSync_Outbox::DELETED : WooVtigerSync_Outbox::SAVED;
                WooVtigerSync_Outbox::add($row['setype'], $record, $event);
                if ($row['setype'] === 'Products') {
                    WooVtigerSync_Stock::saved($record);
                }
                ++$found;
            }
        }
        WooVtigerSync_Settings::set('sweep', $time . '|' . $record);

        return $found;
    }
}
