<?php

/*
 * Runs the tests of the module: php deploy/vtiger/tests/run.php [part of a test's name]
 * They need PHP 7.4 or later with pdo_sqlite and mbstring, and no Vtiger.
 */
error_reporting(E_ALL);
ini_set('display_errors', '1');
date_default_timezone_set('UTC');
set_error_handler(
    function ($level, $message, $file, $line) {
        if (error_reporting() & $level) {
            throw new ErrorException($message, 0, $level, $file, $line);
        }

        return false;
    }
);

foreach (['PearDatabase', 'events', 'entities', 'webservice'] as $file) {
    require __DIR__ . '/standins/' . $file . '.php';
}
require __DIR__ . '/../module/modules/WooVtigerSync/WooVtigerSync.php';
require __DIR__ . '/Lab.php';
Lab::includes();
require __DIR__ . '/../module/modules/WooVtigerSync/webservice/operations.php';

class Failed extends Exception
{
}

function same($expected, $actual, string $what): void
{
    $GLOBALS['checks'] = (isset($GLOBALS['checks']) ? $GLOBALS['checks'] : 0) + 1;
    if ($expected !== $actual) {
        throw new Failed($what . "\n    expected " . var_export($expected, true) . "\n    got      " . var_export($actual, true));
    }
}

function yes($value, string $what): void
{
    same(true, $value, $what);
}

/** Numbers, to the eighth decimal. */
function money(string $expected, $actual, string $what): void
{
    same($expected, number_format((float) $actual, 8, '.', ''), $what);
}

/** The code with which a call fails. */
function fault(callable $call): string
{
    try {
        $call();
    } catch (WebServiceException $e) {
        return $e->getCode();
    }

    return 'none';
}

$tests = [];
foreach (glob(__DIR__ . '/*Test.php') as $file) {
    $found = require $file;
    foreach ($found as $name => $test) {
        $tests[basename($file, 'Test.php') . ': ' . $name] = $test;
    }
}
$filter = isset($argv[1]) ? $argv[1] : '';
$ran = 0;
$failed = 0;
foreach ($tests as $name => $test) {
    if ($filter !== '' && stripos($name, $filter) === false) {
        continue;
    }
    ++$ran;
    try {
        $before = isset($GLOBALS['checks']) ? $GLOBALS['checks'] : 0;
        $test();
        if ((isset($GLOBALS['checks']) ? $GLOBALS['checks'] : 0) === $before) {
            throw new Failed('the test checks nothing');
        }
    } catch (\Throwable $e) {
        ++$failed;
        $where = $e instanceof Failed ? '' : ' at ' . $e->getFile() . ':' . $e->getLine();
        echo 'FAILED ', $name, "\n  ", get_class($e), ': ', $e->getMessage(), $where, "\n";
        try {
            WooVtigerSync_Db::rollback();
        } catch (\Throwable $ignored) {
            unset($ignored);
        }
    }
}
echo $ran, ' tests, ', isset($GLOBALS['checks']) ? $GLOBALS['checks'] : 0, ' checks, ', $failed, " failed\n";
exit($failed > 0 || $ran === 0 ? 1 : 0);
