<?php

/** @return string all that is in the tables of Vtiger */
function install_state(): string
{
    $all = [];
    foreach (PearDatabase::getInstance()->get_tables() as $table) {
        // Counters only count up.
        if (substr($table, -4) !== '_seq' && strpos($table, 'sqlite_') !== 0) {
            $all[$table] = Lab::rows('SELECT * FROM ' . $table);
        }
    }
    ksort($all);

    return json_encode($all);
}

return [
    'uninstalling leaves no trace, installing twice no second' => function () {
        Lab::start(false);
        $root = $GLOBALS['lab_folder'] . '/vtiger';
        foreach (WooVtigerSync_Installer::PATHS as $path) {
            @mkdir(dirname($root . '/' . $path), 0700, true);
            strpos($path, '.php') !== false ? touch($root . '/' . $path) : mkdir($root . '/' . $path . '/deep', 0700, true);
        }
        touch($root . '/modules/Other.php');
        $installer = new WooVtigerSync_Installer($root);
        $installed = install_state();
        $installer->uninstall();
        same(false, stripos(install_state(), 'woovtigersync'), 'nothing is left in the database');
        $installer->removeFiles();
        foreach (WooVtigerSync_Installer::PATHS as $path) {
            same(false, file_exists($root . '/' . $path), $path);
        }
        yes(file_exists($root . '/modules/Other.php'), 'other files stay');
        (new WooVtigerSync())->vtlib_handler('WooVtigerSync', 'module.postinstall');
        same(3, (int) Lab::value('SELECT COUNT(*) FROM vtiger_eventhandlers'), 'handlers');
        same(1, (int) Lab::value('SELECT COUNT(*) FROM vtiger_cron_task'), 'cron task');
        same(6, (int) Lab::value('SELECT blockid FROM vtiger_settings_field'), 'link among the integrations');
        $installer->install();
        same(strlen($installed), strlen(install_state()), 'installed twice');
        foreach (['vtiger_eventhandlers' => 3, 'vtiger_cron_task' => 1, 'vtiger_settings_field' => 1, 'vtiger_ws_operation' => 8] as $table => $rows) {
            same($rows, (int) Lab::value('SELECT COUNT(*) FROM ' . $table), $table);
        }
    },
    'a disabled module says and does nothing, and keeps its settings' => function () {
        Lab::start();
        $module = new WooVtigerSync();
        $module->vtlib_handler('WooVtigerSync', 'module.disabled');
        $id = Lab::entity('Contacts');
        Lab::save('Contacts', $id);
        same([], Lab::endRequest(), 'nothing is announced');
        same(0, (int) Lab::value('SELECT COUNT(*) FROM vtiger_ws_operation'), 'no operations');
        $module->vtlib_handler('WooVtigerSync', 'module.enabled');
        Lab::save('Contacts', $id);
        same(1, count(Lab::endRequest()), 'announced again');
        $module->vtlib_handler('WooVtigerSync', 'module.preupdate');
        $module->vtlib_handler('WooVtigerSync', 'module.postupdate');
        same('a secret of the tests', WooVtigerSync_Settings::secret(), 'the settings stay');
    },
    'settings are checked' => function () {
        Lab::start(false);
        foreach (['javascript:alert(1)', 'ftp://x/', 'sync.example.com', 'http://', "https://x/\nHost: y"] as $url) {
            $refused = false;
            try {
                WooVtigerSync_Settings::setUrl($url);
            } catch (InvalidArgumentException $e) {
                $refused = true;
            }
            yes($refused, 'address ' . $url);
        }
        same('', WooVtigerSync_Settings::url(), 'none was taken');
        WooVtigerSync_Settings::setUrl(' https://sync.example.com/x?a=1&b=2 ');
        same('https://sync.example.com/x?a=1&b=2', WooVtigerSync_Settings::url(), 'a good one');
        same(false, WooVtigerSync_Settings::active(), 'without a secret nothing is announced');
        $secret = WooVtigerSync_Settings::newSecret();
        yes((bool) preg_match('/^[0-9a-f]{64}$/', $secret), 'a new secret');
        yes($secret !== WooVtigerSync_Settings::newSecret(), 'is new');
        same(true, WooVtigerSync_Settings::active(), 'active');
        WooVtigerSync_Settings::setModules(['Accounts', 'Leads', 'Users']);
        same(['Accounts'], WooVtigerSync_Settings::modules(), 'only modules that can be announced');
        WooVtigerSync_Settings::setModules([]);
        same([], WooVtigerSync_Settings::modules(), 'none');
    },
    'what was before the first address is not announced' => function () {
        Lab::start(false);
        Lab::product('5');
        Lab::entity('Contacts', date('Y-m-d H:i:s', time() - 600));
        WooVtigerSync_Settings::newSecret();
        WooVtigerSync_Settings::setUrl('https://sync.example.com/');
        same(0, WooVtigerSync_Stock::announce(), 'stock');
        same(0, WooVtigerSync_Sweep::run(), 'records');
    },
    'files are removed, whole folders too' => function () {
        $folder = $GLOBALS['lab_folder'] . '/gone';
        mkdir($folder . '/a/b', 0700, true);
        touch($folder . '/a/b/c.php');
        touch($folder . '/.hidden');
        WooVtigerSync_Installer::remove($folder);
        same(false, file_exists($folder), 'gone');
        WooVtigerSync_Installer::remove($folder);
        same(false, file_exists($folder), 'twice is no fault');
    },
];
