<?php

/**
 * Puts into Vtiger's database what the module needs, and takes all of it out again.
 */
class WooVtigerSync_Installer
{
    const MODULE = 'WooVtigerSync';

    const HANDLER_CLASS = 'WooVtigerSync_RecordHandler';
    const HANDLER_PATH = 'modules/WooVtigerSync/handlers/RecordHandler.php';

    const OPERATIONS_PATH = 'modules/WooVtigerSync/webservice/operations.php';

    const CRON_NAME = 'WooVtigerSync';
    const CRON_PATH = 'modules/WooVtigerSync/cron/deliver.php';
    const CRON_SECONDS = 60;

    const LINK_NAME = 'WooCommerce Sync';
    const LINK_URL = 'index.php?module=WooVtigerSync&parent=Settings&view=Index';

    /** Name of an operation => HTTP method and parameters with their types. */
    const OPERATIONS = [
        'woovtigersync_capabilities' => ['GET', []],
        'woovtigersync_save_order' => ['POST', ['element' => 'encoded']],
        'woovtigersync_delete_order' => ['POST', ['id' => 'string']],
        'woovtigersync_changes' => ['GET', ['module' => 'string', 'cursor' => 'string', 'limit' => 'string']],
        'woovtigersync_taxes' => ['GET', []],
        'woovtigersync_save_tax' => ['POST', ['element' => 'encoded']],
        'woovtigersync_charges' => ['GET', []],
        'woovtigersync_save_charge' => ['POST', ['element' => 'encoded']],
    ];

    const TABLES = [
        'woovtigersync_settings' => 'CREATE TABLE IF NOT EXISTS woovtigersync_settings (
            name VARCHAR(40) NOT NULL PRIMARY KEY,
            value TEXT
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8',
        'woovtigersync_outbox' => "CREATE TABLE IF NOT EXISTS woovtigersync_outbox (
            id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
            request CHAR(16) NOT NULL,
            module VARCHAR(40) NOT NULL,
            crmid INT NOT NULL,
            event VARCHAR(40) NOT NULL,
            modifiedtime CHAR(19) NOT NULL,
            modifiedby INT NOT NULL DEFAULT 0,
            origin VARCHAR(12) NOT NULL,
            delivery CHAR(32) NOT NULL,
            status VARCHAR(10) NOT NULL,
            attempts INT NOT NULL DEFAULT 0,
            due INT NOT NULL,
            since INT NOT NULL,
            sent INT NOT NULL DEFAULT 0,
            http INT NOT NULL DEFAULT 0,
            error VARCHAR(255) NOT NULL DEFAULT '',
            UNIQUE KEY woovtigersync_once (request, module, crmid),
            KEY woovtigersync_due (status, due),
            KEY woovtigersync_record (crmid, modifiedtime)
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8",
        'woovtigersync_stock' => 'CREATE TABLE IF NOT EXISTS woovtigersync_stock (
            productid INT NOT NULL PRIMARY KEY,
            qty DECIMAL(25,3) NOT NULL
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8',
    ];

    /** Files and folders of the module, from Vtiger's folder. */
    const PATHS = [
        'modules/Settings/WooVtigerSync',
        'layouts/v7/modules/Settings/WooVtigerSync',
        'languages/en_us/WooVtigerSync.php',
        'languages/en_us/Settings/WooVtigerSync.php',
        'modules/WooVtigerSync',
    ];

    /** @var string Vtiger's folder */
    private $root;

    public function __construct(?string $root = null)
    {
        $this->root = $root === null ? dirname(dirname(WOOVTIGERSYNC_DIR)) : $root;
    }

    /** Also brings an earlier version up to date, and switches a disabled module on. */
    public function install(): void
    {
        foreach (self::TABLES as $create) {
            WooVtigerSync_Db::exec($create);
        }
        WooVtigerSync_Settings::forget();
        $this->addEvents();
        $this->removeOperations();
        $this->addOperations();
        $this->addCron();
        $this->removeLink();
        $this->addLink();
    }

    /** Keeps tables and settings. */
    public function disable(): void
    {
        $this->removeEvents();
        $this->removeOperations();
        $this->removeCron();
        $this->removeLink();
    }

    public function uninstall(): void
    {
        $this->disable();
        foreach (array_keys(self::TABLES) as $table) {
            WooVtigerSync_Db::exec('DROP TABLE IF EXISTS ' . $table);
        }
        WooVtigerSync_Settings::forget();
        $this->removeFilesLater();
    }

    private function addEvents(): void
    {
        require_once 'include/events/include.inc';
        $manager = new VTEventsManager(PearDatabase::getInstance());
        foreach (['vtiger.entity.aftersave.final', 'vtiger.entity.afterdelete', 'vtiger.entity.afterrestore'] as $event) {
            $manager->registerHandler($event, self::HANDLER_PATH, self::HANDLER_CLASS);
        }
        $manager->setModuleForHandler(self::MODULE, self::HANDLER_CLASS);
        $manager->setHandlerActive(self::HANDLER_CLASS);
    }

    private function removeEvents(): void
    {
        require_once 'include/events/include.inc';
        (new VTEventsManager(PearDatabase::getInstance()))->unregisterHandler(self::HANDLER_CLASS);
    }

    private function addOperations(): void
    {
        require_once 'include/Webservices/Utils.php';
        foreach (self::OPERATIONS as $name => $operation) {
            $id = vtws_addWebserviceOperation($name, self::OPERATIONS_PATH, $name, $operation[0], 0);
            if ($id === null) {
                throw new RuntimeException('The webservice operation ' . $name . ' could not be registered');
            }
            $sequence = 0;
            foreach ($operation[1] as $parameter => $type) {
                vtws_addWebserviceOperationParam($id, $parameter, $type, ++$sequence);
            }
        }
    }

    private function removeOperations(): void
    {
        $rows = WooVtigerSync_Db::rows('SELECT operationid FROM vtiger_ws_operation WHERE handler_path = ?', [self::OPERATIONS_PATH]);
        foreach ($rows as $row) {
            WooVtigerSync_Db::exec('DELETE FROM vtiger_ws_operation_parameters WHERE operationid = ?', [$row['operationid']]);
            WooVtigerSync_Db::exec('DELETE FROM vtiger_ws_operation WHERE operationid = ?', [$row['operationid']]);
        }
    }

    private function addCron(): void
    {
        require_once 'vtlib/Vtiger/Cron.php';
        if (Vtiger_Cron::getInstance(self::CRON_NAME) === false) {
            Vtiger_Cron::register(
                self::CRON_NAME,
                self::CRON_PATH,
                self::CRON_SECONDS,
                self::MODULE,
                Vtiger_Cron::$STATUS_ENABLED,
                0,
                'Sends callbacks that are due. Recommended frequency is 1 min.'
            );
        }
    }

    private function removeCron(): void
    {
        require_once 'vtlib/Vtiger/Cron.php';
        Vtiger_Cron::deregister(self::CRON_NAME);
    }

    private function addLink(): void
    {
        $block = null;
        foreach (['LBL_INTEGRATION', 'LBL_OTHER_SETTINGS'] as $label) {
            if ($block === null) {
                $block = WooVtigerSync_Db::value('SELECT blockid FROM vtiger_settings_blocks WHERE label = ?', [$label]);
            }
        }
        if ($block === null) {
            $block = WooVtigerSync_Db::value('SELECT MIN(blockid) FROM vtiger_settings_blocks');
        }
        $sequence = (int) WooVtigerSync_Db::value('SELECT MAX(sequence) FROM vtiger_settings_field WHERE blockid = ?', [$block]);
        WooVtigerSync_Db::insert(
            'vtiger_settings_field',
            [
                'fieldid' => PearDatabase::getInstance()->getUniqueID('vtiger_settings_field'),
                'blockid' => $block,
                'name' => self::LINK_NAME,
                'iconpath' => '',
                'description' => 'LBL_WOOVTIGERSYNC_DESCRIPTION',
                'linkto' => self::LINK_URL,
                'sequence' => $sequence + 1,
                'active' => 0,
            ]
        );
    }

    private function removeLink(): void
    {
        WooVtigerSync_Db::exec('DELETE FROM vtiger_settings_field WHERE linkto = ?', [self::LINK_URL]);
    }

    /** The files go when the request has ended: Vtiger is still at work with them. */
    private function removeFilesLater(): void
    {
        register_shutdown_function([$this, 'removeFiles']);
    }

    public function removeFiles(): void
    {
        foreach (self::PATHS as $path) {
            self::remove($this->root . '/' . $path);
        }
    }

    public static function remove(string $path): void
    {
        if (is_link($path) || is_file($path)) {
            @unlink($path);

            return;
        }
        if (!is_dir($path)) {
            return;
        }
        foreach (array_diff((array) scandir($path), ['.', '..']) as $name) {
            self::remove($path . '/' . $name);
        }
        @rmdir($path);
    }
}
