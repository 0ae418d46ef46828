<?php

/**
 * The callbacks that are to be sent, written by the connection that writes the records: what is rolled back is not announced.
 */
class WooVtigerSync_Outbox
{
    const TABLE = 'woovtigersync_outbox';

    const SAVED = 'vtiger.entity.aftersave.final';
    const DELETED = 'vtiger.entity.afterdelete';
    const RESTORED = 'vtiger.entity.afterrestore';
    const UPDATED = 'updated';

    /** Seconds to wait after the first, second, ... failure; the last one counts on. */
    const BACKOFF = [10, 60, 300, 900, 3600, 10800, 21600];

    /** Seconds after which a callback is given up. */
    const GIVE_UP = 259200;

    /** A request that has not ended after so long has died: the cron sends what it left. */
    const ORPHANED = 900;

    /** Seconds for which a sender may hold a callback. */
    const CLAIM = 120;

    const KEEP_DONE = 604800;
    const KEEP_FAILED = 2592000;

    /**
     * Notes that a record has changed. One request has one callback for one record: the last event counts, but what moves without a save does
     * not take the place of a save.
     */
    public static function add(string $module, int $record, string $event, string $origin = ''): void
    {
        if (!WooVtigerSync_Settings::active() || !in_array($module, WooVtigerSync_Settings::modules(), true)) {
            return;
        }
        $request = WooVtigerSync_Request::id();
        if ($event === self::UPDATED) {
            $sql = 'SELECT id FROM ' . self::TABLE . ' WHERE request = ? AND module = ? AND crmid = ?';
            if (WooVtigerSync_Db::row($sql, [$request, $module, $record]) !== null) {
                return;
            }
        }
        $entity = WooVtigerSync_Db::row('SELECT modifiedtime, modifiedby FROM vtiger_crmentity WHERE crmid = ?', [$record]);
        if ($entity === null) {
            return;
        }
        $now = time();
        WooVtigerSync_Db::upsert(
            self::TABLE,
            [
                'request' => $request,
                'module' => $module,
                'crmid' => $record,
                'event' => $event,
                'modifiedtime' => (string) $entity['modifiedtime'],
                'modifiedby' => $event === self::UPDATED ? 0 : (int) $entity['modifiedby'],
                'origin' => $origin === '' ? WooVtigerSync_Request::origin() : $origin,
                'delivery' => bin2hex(random_bytes(16)),
                'status' => 'waiting',
                'attempts' => 0,
                'due' => $now + self::ORPHANED,
                'since' => $now,
                'sent' => 0,
                'http' => 0,
                'error' => '',
            ],
            ['request', 'module', 'crmid']
        );
        WooVtigerSync_Request::touched();
    }

    /** The request has ended: what it wrote may be sent. */
    public static function release(string $request): void
    {
        $sql = 'UPDATE ' . self::TABLE . " SET due = ? WHERE request = ? AND status = 'waiting' AND attempts = 0";
        WooVtigerSync_Db::exec($sql, [time(), $request]);
    }

    /** @return int[] ids of what ended requests wrote and nobody has sent yet, oldest first */
    public static function fresh(int $limit): array
    {
        $sql = 'SELECT id FROM ' . self::TABLE . " WHERE status = 'waiting' AND due <= ? AND attempts = 0 ORDER BY id LIMIT " . $limit;

        return self::ids(WooVtigerSync_Db::rows($sql, [time()]));
    }

    /** @return int[] ids of what is due, oldest first */
    public static function due(int $limit): array
    {
        $sql = 'SELECT id FROM ' . self::TABLE . " WHERE status IN ('waiting', 'sending') AND due <= ? ORDER BY due, id LIMIT " . $limit;

        return self::ids(WooVtigerSync_Db::rows($sql, [time()]));
    }

    /** @return int[] */
    private static function ids(array $rows): array
    {
        $ids = [];
        foreach ($rows as $row) {
            $ids[] = (int) $row['id'];
        }

        return $ids;
    }

    /**
     * Takes a callback for sending, unless another process has it.
     *
     * @return array<string, mixed>|null
     */
    public static function claim(int $id)
    {
        $row = WooVtigerSync_Db::row('SELECT * FROM ' . self::TABLE . ' WHERE id = ?', [$id]);
        if ($row === null || !in_array($row['status'], ['waiting', 'sending'], true) || (int) $row['due'] > time()) {
            return null;
        }
        $sql = 'UPDATE ' . self::TABLE . " SET status = 'sending', attempts = attempts + 1, due = ? WHERE id = ? AND attempts = ? AND status = ?";
        if (WooVtigerSync_Db::exec($sql, [time() + self::CLAIM, $id, $row['attempts'], $row['status']]) !== 1) {
            return null;
        }
        $row['attempts'] = (int) $row['attempts'] + 1;

        return $row;
    }

    /** @param array<string, mixed> $row */
    public static function delivered(array $row, int $http): void
    {
        $sql = 'UPDATE ' . self::TABLE . " SET status = 'done', sent = ?, http = ?, error = '' WHERE id = ? AND delivery = ?";
        WooVtigerSync_Db::exec($sql, [time(), $http, $row['id'], $row['delivery']]);
    }

    /** @param array<string, mixed> $row */
    public static function refused(array $row, int $http, string $error): void
    {
        $attempts = max(1, (int) $row['attempts']);
        $due = time() + self::BACKOFF[min($attempts, count(self::BACKOFF)) - 1];
        $status = $due > (int) $row['since'] + self::GIVE_UP ? 'failed' : 'waiting';
        $sql = 'UPDATE ' . self::TABLE . ' SET status = ?, due = ?, sent = ?, http = ?, error = ? WHERE id = ? AND delivery = ?';
        $error = mb_substr($error, 0, 250);
        WooVtigerSync_Db::exec($sql, [$status, $due, time(), $http, $error, $row['id'], $row['delivery']]);
    }

    /** Sends one, or all that failed or wait, again from the start. */
    public static function resend(int $id = 0): int
    {
        $sql = 'UPDATE ' . self::TABLE . " SET status = 'waiting', attempts = 0, due = ?, since = ?, error = ''";
        $now = time();

        return $id > 0
            ? WooVtigerSync_Db::exec($sql . " WHERE id = ? AND status <> 'sending'", [$now, $now, $id])
            : WooVtigerSync_Db::exec($sql . " WHERE status IN ('failed', 'waiting')", [$now, $now]);
    }

    /** @return array<int, array<string, mixed>> */
    public static function latest(int $limit): array
    {
        return WooVtigerSync_Db::rows('SELECT * FROM ' . self::TABLE . ' ORDER BY id DESC LIMIT ' . $limit);
    }

    /** @return array{waiting: int, failed: int} */
    public static function counts(): array
    {
        $counts = ['waiting' => 0, 'failed' => 0];
        foreach (WooVtigerSync_Db::rows('SELECT status, COUNT(*) AS n FROM ' . self::TABLE . ' GROUP BY status') as $row) {
            if ($row['status'] === 'failed') {
                $counts['failed'] += (int) $row['n'];
            } elseif ($row['status'] !== 'done') {
                $counts['waiting'] += (int) $row['n'];
            }
        }

        return $counts;
    }

    /** Is a change of a record, as it is in the database now, noted already? */
    public static function knows(string $module, int $record, string $modifiedtime): bool
    {
        $sql = 'SELECT id FROM ' . self::TABLE . ' WHERE crmid = ? AND module = ? AND modifiedtime >= ? AND event <> ? LIMIT 1';

        return WooVtigerSync_Db::row($sql, [$record, $module, $modifiedtime, self::UPDATED]) !== null;
    }

    /** An order got a later time of change within the request that wrote it. */
    public static function retime(string $module, int $record, string $modifiedtime): void
    {
        $sql = 'UPDATE ' . self::TABLE . ' SET modifiedtime = ? WHERE request = ? AND module = ? AND crmid = ?';
        WooVtigerSync_Db::exec($sql, [$modifiedtime, WooVtigerSync_Request::id(), $module, $record]);
    }

    /** Forgets what was sent long ago. */
    public static function clean(): void
    {
        $sql = 'DELETE FROM ' . self::TABLE . ' WHERE status = ? AND since < ?';
        WooVtigerSync_Db::exec($sql, ['done', time() - self::KEEP_DONE]);
        WooVtigerSync_Db::exec($sql, ['failed', time() - self::KEEP_FAILED]);
    }
}
