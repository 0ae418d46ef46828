<?php

/**
 * Stands in for Vtiger's PearDatabase (the signatures are those of 8.3.0) on SQLite in memory.
 */
class PearDatabase
{
    /** @var PearDatabase|null */
    private static $instance = null;

    /** @var bool */
    public $dieOnError = false;

    /** @var string */
    public $dbName = 'standin';

    /** @var string */
    public $dbType = 'sqlite';

    /** @var StandinConnection */
    public $database;

    /** @var int */
    private $affected = 0;

    /** @var string[] */
    public $log = [];

    public static function &getInstance()
    {
        if (self::$instance === null) {
            self::$instance = new self();
            $GLOBALS['adb'] = self::$instance;
        }

        return self::$instance;
    }

    public static function reset(): PearDatabase
    {
        self::$instance = null;

        return self::getInstance();
    }

    public function __construct()
    {
        $this->database = new StandinConnection();
    }

    public function isMySQL()
    {
        return false;
    }

    public function checkConnection()
    {
    }

    public function startTransaction()
    {
        // As in Vtiger: it begins nothing.
    }

    public function completeTransaction()
    {
    }

    public function pquery($sql, $params = [], $dieOnError = false, $msg = '')
    {
        $this->log[] = $sql;
        $flat = [];
        array_walk_recursive(
            $params,
            function ($value) use (&$flat) {
                $flat[] = $value;
            }
        );
        try {
            $statement = $this->database->pdo->prepare($this->translate($sql));
            $statement->execute($flat);
        } catch (PDOException $e) {
            $this->database->error = $e->getMessage();

            return false;
        }
        $this->affected = $statement->rowCount();

        return new StandinResult($statement->columnCount() > 0 ? $statement->fetchAll(PDO::FETCH_ASSOC) : []);
    }

    /** MySQL's CREATE TABLE in SQLite's words. */
    private function translate(string $sql): string
    {
        if (stripos($sql, 'CREATE TABLE') !== 0) {
            return $sql;
        }
        $sql = preg_replace('/\)\s*ENGINE=.*$/s', ')', $sql);
        $sql = preg_replace('/INT NOT NULL AUTO_INCREMENT PRIMARY KEY/i', 'INTEGER PRIMARY KEY AUTOINCREMENT', $sql);
        $sql = preg_replace('/UNIQUE KEY \w+ \(/i', 'UNIQUE (', $sql);

        return preg_replace('/,\s*KEY \w+ \([^)]*\)/i', '', $sql);
    }

    public function num_rows(&$result)
    {
        return count($result->rows);
    }

    public function fetchByAssoc(&$result, $rowNum = -1, $encode = true)
    {
        if ($rowNum >= 0) {
            $result->at = $rowNum;
        }
        if (!isset($result->rows[$result->at])) {
            return null;
        }
        $row = array_change_key_case($result->rows[$result->at++]);

        return $encode ? array_map([$this, 'encode'], $row) : $row;
    }

    public function query_result(&$result, $row, $col = 0)
    {
        return isset($result->rows[$row][$col]) ? $this->encode($result->rows[$row][$col]) : null;
    }

    private function encode($value)
    {
        return is_string($value) ? htmlentities($value, ENT_QUOTES, 'UTF-8') : $value;
    }

    public function getAffectedRowCount(&$result)
    {
        return $this->affected;
    }

    public function getLastInsertID($seqname = '')
    {
        return (int) $this->database->pdo->lastInsertId();
    }

    public function getColumnNames($tablename)
    {
        return array_column($this->database->pdo->query('PRAGMA table_info(' . $tablename . ')')->fetchAll(PDO::FETCH_ASSOC), 'name');
    }

    public function get_tables()
    {
        return $this->database->pdo->query("SELECT name FROM sqlite_master WHERE type = 'table'")->fetchAll(PDO::FETCH_COLUMN);
    }

    public function getUniqueID($seqname)
    {
        $this->database->pdo->exec('CREATE TABLE IF NOT EXISTS ' . $seqname . '_seq (id INT)');
        $id = (int) $this->database->pdo->query('SELECT MAX(id) FROM ' . $seqname . '_seq')->fetchColumn() + 1;
        $this->database->pdo->exec('INSERT INTO ' . $seqname . '_seq VALUES (' . $id . ')');

        return $id;
    }
}

class StandinConnection
{
    /** @var PDO */
    public $pdo;

    /** @var string */
    public $error = '';

    public function __construct()
    {
        $this->pdo = new PDO('sqlite::memory:');
        $this->pdo->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
    }

    public function Execute($sql, $inputarr = false)
    {
        try {
            return $this->pdo->exec($sql === 'START TRANSACTION' ? 'BEGIN' : $sql) !== false;
        } catch (PDOException $e) {
            $this->error = $e->getMessage();

            // MySQL has nothing against a ROLLBACK or a COMMIT of nothing.
            return in_array($sql, ['ROLLBACK', 'COMMIT'], true) && strpos($this->error, 'no transaction is active') !== false;
        }
    }

    public function ErrorMsg()
    {
        return $this->error;
    }
}

class StandinResult
{
    /** @var array<int, array<string, mixed>> */
    public $rows;

    /** @var int */
    public $at = 0;

    public function __construct(array $rows)
    {
        $this->rows = $rows;
    }
}
