<?php

/**
 * The module's way to Vtiger's database connection: raw values (Vtiger's helpers encode HTML), faults as exceptions, and real transactions.
 *
 * Vtiger's own startTransaction() only says SET AUTOCOMMIT=1 and its completeTransaction() does nothing, so a transaction begun here is not
 * ended by code of Vtiger's that "begins" another. All that only MySQL and MariaDB know is in this class.
 */
class WooVtigerSync_Db
{
    /** @var bool is a transaction of ours open? */
    private static $open = false;

    /** @var string name of the row that the open transaction carries */
    private static $mark = '';

    /** @var string[] names of the locks held */
    private static $locks = [];

    /** @var bool */
    private static $guarded = false;

    /** @return PearDatabase */
    private static function adb()
    {
        return PearDatabase::getInstance();
    }

    /**
     * @param mixed[] $params
     * @return mixed the result of PearDatabase
     */
    private static function run(string $sql, array $params)
    {
        $adb = self::adb();
        $die = $adb->dieOnError;
        $adb->dieOnError = false;
        try {
            $result = $adb->pquery($sql, $params);
        } finally {
            $adb->dieOnError = $die;
        }
        if ($result === false || $result === null) {
            throw new WooVtigerSync_DbException('Database error: ' . self::errorText());
        }

        return $result;
    }

    private static function errorText(): string
    {
        $database = self::adb()->database;

        return is_object($database) && method_exists($database, 'ErrorMsg') ? (string) $database->ErrorMsg() : '';
    }

    /**
     * @param mixed[] $params
     * @return array<int, array<string, mixed>>
     */
    public static function rows(string $sql, array $params = []): array
    {
        $adb = self::adb();
        $result = self::run($sql, $params);
        $rows = [];
        while (is_array($row = $adb->fetchByAssoc($result, -1, false))) {
            $rows[] = $row;
        }

        return $rows;
    }

    /**
     * @param mixed[] $params
     * @return array<string, mixed>|null
     */
    public static function row(string $sql, array $params = [])
    {
        $rows = self::rows($sql, $params);

        return $rows ? $rows[0] : null;
    }

    /**
     * @param mixed[] $params
     * @return mixed
     */
    public static function value(string $sql, array $params = [])
    {
        $row = self::row($sql, $params);

        return $row ? reset($row) : null;
    }

    /**
     * @param mixed[] $params
     * @return int rows changed
     */
    public static function exec(string $sql, array $params = []): int
    {
        $result = self::run($sql, $params);

        return (int) self::adb()->getAffectedRowCount($result);
    }

    /** @param array<string, mixed> $values */
    public static function update(string $table, array $values, string $key, int $id): void
    {
        if (!$values) {
            return;
        }
        $set = implode(' = ?, ', array_keys($values)) . ' = ?';
        self::exec('UPDATE ' . $table . ' SET ' . $set . ' WHERE ' . $key . ' = ?', array_merge(array_values($values), [$id]));
    }

    /** @param array<string, mixed> $values */
    public static function insert(string $table, array $values): void
    {
        $marks = implode(', ', array_fill(0, count($values), '?'));
        self::exec('INSERT INTO ' . $table . ' (' . implode(', ', array_keys($values)) . ') VALUES (' . $marks . ')', array_values($values));
    }

    /**
     * Inserts, or changes the row that has the same key.
     *
     * @param array<string, mixed> $values
     * @param string[] $key columns of a unique key
     */
    public static function upsert(string $table, array $values, array $key): void
    {
        $marks = implode(', ', array_fill(0, count($values), '?'));
        $sql = 'INSERT INTO ' . $table . ' (' . implode(', ', array_keys($values)) . ') VALUES (' . $marks . ')';
        $set = [];
        foreach (array_diff(array_keys($values), $key) as $column) {
            $set[] = $column . ' = ' . (self::isMySQL() ? 'VALUES(' . $column . ')' : 'excluded.' . $column);
        }
        $sql .= self::isMySQL() ? ' ON DUPLICATE KEY UPDATE ' : ' ON CONFLICT (' . implode(', ', $key) . ') DO UPDATE SET ';
        self::exec($sql . implode(', ', $set), array_values($values));
    }

    /**
     * Deletes rows that are there. A DELETE that finds none still locks the place where they would be, and two new orders, each waiting to
     * write where the other has looked, would be a deadlock.
     */
    public static function deleteIfAny(string $table, string $column, int $value): void
    {
        if (self::row('SELECT 1 AS found FROM ' . $table . ' WHERE ' . $column . ' = ? LIMIT 1', [$value]) !== null) {
            self::exec('DELETE FROM ' . $table . ' WHERE ' . $column . ' = ?', [$value]);
        }
    }

    public static function marks(array $values): string
    {
        return implode(', ', array_fill(0, count($values), '?'));
    }

    public static function isMySQL(): bool
    {
        return (bool) self::adb()->isMySQL();
    }

    public static function lastInsertId(): int
    {
        return (int) self::adb()->getLastInsertID();
    }

    /** Ends a SELECT whose rows shall stay as they are until the transaction ends. */
    public static function forUpdate(): string
    {
        return self::isMySQL() ? ' FOR UPDATE' : '';
    }

    /** @return string[] names of the columns of a table */
    public static function columns(string $table): array
    {
        return array_map('strtolower', array_values((array) self::adb()->getColumnNames($table)));
    }

    public static function tableExists(string $table): bool
    {
        return in_array($table, array_map('strtolower', array_values((array) self::adb()->get_tables())), true);
    }

    private static function execute(string $sql): void
    {
        if (self::adb()->database->Execute($sql) === false) {
            throw new WooVtigerSync_DbException('Database error: ' . self::errorText());
        }
    }

    public static function begin(): void
    {
        self::guard();
        self::adb()->checkConnection();
        self::execute('START TRANSACTION');
        self::$open = true;
        self::$mark = 'transaction:' . bin2hex(random_bytes(8));
        self::insert(WooVtigerSync_Settings::TABLE, ['name' => self::$mark, 'value' => '']);
    }

    /**
     * Is the transaction still the one that was begun? On a deadlock the database ends it, and Vtiger's code does not look at what its
     * statements say. The transaction therefore carries a row of its own that nobody else ever sees.
     */
    public static function demandTransaction(): void
    {
        if (self::row('SELECT name FROM ' . WooVtigerSync_Settings::TABLE . ' WHERE name = ?', [self::$mark]) === null) {
            throw new WooVtigerSync_DbException(WooVtigerSync_DbException::TRANSACTION_GONE);
        }
    }

    public static function commit(): void
    {
        self::demandTransaction();
        self::exec('DELETE FROM ' . WooVtigerSync_Settings::TABLE . ' WHERE name = ?', [self::$mark]);
        self::execute('COMMIT');
        self::$open = false;
    }

    public static function rollback(): void
    {
        if (self::$open) {
            self::$open = false;
            self::execute('ROLLBACK');
        }
    }

    public static function inTransaction(): bool
    {
        return self::$open;
    }

    /** Waits for a named lock, across all connections. */
    public static function lock(string $name, int $seconds): bool
    {
        self::guard();
        if (!self::isMySQL()) {
            return true;
        }
        if ((int) self::value('SELECT GET_LOCK(?, ?)', [$name, $seconds]) !== 1) {
            return false;
        }
        self::$locks[$name] = $name;

        return true;
    }

    public static function unlock(string $name): void
    {
        if (isset(self::$locks[$name])) {
            unset(self::$locks[$name]);
            self::rows('SELECT RELEASE_LOCK(?)', [$name]);
        }
    }

    /**
     * Persistent connections outlive a request: after a fatal error an open transaction and its locks would stay until the next one.
     */
    private static function guard(): void
    {
        if (self::$guarded) {
            return;
        }
        self::$guarded = true;
        register_shutdown_function(
            function () {
                try {
                    self::rollback();
                    foreach (self::$locks as $name) {
                        self::unlock($name);
                    }
                } catch (\Throwable $e) {
                    return;
                }
            }
        );
    }
}
