<?php

require_once __DIR__ . '/lib/bootstrap.php';

/**
 * The module's class, as Vtiger's Module Manager looks for it. It has no records of its own: it only answers the manager's events.
 */
class WooVtigerSync
{
    /**
     * Called by Vtiger when the module is installed, updated, switched on or off, and removed.
     *
     * @param string $moduleName
     * @param string $eventType
     */
    public function vtlib_handler($moduleName, $eventType)
    {
        $installer = new WooVtigerSync_Installer();
        switch ($eventType) {
            case 'module.postinstall':
            case 'module.postupdate':
            case 'module.enabled':
                $installer->install();
                break;
            case 'module.disabled':
                $installer->disable();
                break;
            case 'module.preuninstall':
                $installer->uninstall();
                break;
        }
    }
}
