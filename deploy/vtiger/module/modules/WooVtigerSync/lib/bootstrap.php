<?php

/*
 * Loads the module's classes on first use: WooVtigerSync_Outbox is in lib/Outbox.php. It stands before Vtiger's own loader, which would look
 * for files by other rules.
 */
if (!defined('WOOVTIGERSYNC_DIR')) {
    define('WOOVTIGERSYNC_DIR', dirname(__DIR__));
    spl_autoload_register(
        function ($class) {
            if (strncmp($class, 'WooVtigerSync_', 14) !== 0) {
                return;
            }
            $name = substr($class, 14);
            if (preg_match('/^[A-Za-z]+$/', $name) && is_file(WOOVTIGERSYNC_DIR . '/lib/' . $name . '.php')) {
                require_once WOOVTIGERSYNC_DIR . '/lib/' . $name . '.php';
            }
        },
        true,
        true
    );
}
