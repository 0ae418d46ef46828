<?php

/**
 * What has changed in a module since a cursor, in the order of time.
 */
class WooVtigerSync_Changes
{
    const LIMIT = 100;
    const LIMIT_MAX = 500;

    /** @var WooVtigerSync_Access */
    private $access;

    public function __construct(WooVtigerSync_Access $access)
    {
        $this->access = $access;
    }

    /** @return array<string, mixed> */
    public function read(string $module, string $cursor, string $limit): array
    {
        if ($module === 'Tax') {
            return $this->taxes();
        }
        if (!in_array($module, WooVtigerSync_Settings::MODULES, true)) {
            throw WooVtigerSync_Fault::denied();
        }
        $this->access->demandType($module);
        $meta = $this->access->meta($module);
        $count = $limit === '' ? self::LIMIT : max(1, min(self::LIMIT_MAX, (int) $limit));
        list($time, $record) = self::decode($cursor);
        // The second that runs is not over: more may change in it. It is left for the next call.
        $now = time();
        $until = WooVtigerSync_Time::latest($now);
        $sql = 'SELECT crmid, modifiedtime, modifiedby, deleted FROM vtiger_crmentity WHERE setype = ? AND modifiedtime < ?'
            . ' AND (modifiedtime > ? OR (modifiedtime = ? AND crmid > ?)) ORDER BY modifiedtime, crmid LIMIT ' . ($count + 1);
        $rows = WooVtigerSync_Db::rows($sql, [$module, $until, $time, $time, $record]);
        $more = count($rows) > $count;
        $changes = [];
        foreach (array_slice($rows, 0, $count) as $row) {
            $time = substr((string) $row['modifiedtime'], 0, 19);
            $record = (int) $row['crmid'];
            $id = WooVtigerSync_Ids::make($module, $record);
            $deleted = (int) $row['deleted'] === 1;
            if (!$deleted && !is_admin($GLOBALS['current_user']) && !$meta->hasPermission(EntityMeta::$RETRIEVE, $id)) {
                continue;
            }
            $changes[] = [
                'id' => $id,
                'modifiedtime' => $time,
                'modified' => WooVtigerSync_Time::epoch($time),
                'modifiedby' => (int) $row['modifiedby'] > 0 ? WooVtigerSync_Ids::make('Users', (int) $row['modifiedby']) : null,
                'deleted' => $deleted,
            ];
        }

        return ['changes' => $changes, 'cursor' => self::encode($time, $record), 'more' => $more, 'now' => $now];
    }

    /** Taxes have no times: all are told, every time. */
    private function taxes(): array
    {
        $changes = [];
        foreach ((new WooVtigerSync_Taxes($this->access))->all() as $tax) {
            $changes[] = ['modifiedtime' => null, 'modified' => null, 'modifiedby' => null] + $tax;
        }

        return ['changes' => $changes, 'cursor' => '', 'more' => false, 'now' => time()];
    }

    private static function encode(string $time, int $record): string
    {
        return $time === '' ? '' : $time . '/' . $record;
    }

    /** @return array{0: string, 1: int} */
    private static function decode(string $cursor): array
    {
        if ($cursor === '') {
            return ['', 0];
        }
        if (!preg_match('#^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)/(\d{1,10})$#', $cursor, $parts)) {
            throw WooVtigerSync_Fault::id('The cursor is not one of ours');
        }

        return [$parts[1], (int) $parts[2]];
    }
}
