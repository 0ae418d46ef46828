<?php

/**
 * A small Vtiger for the tests: tables, records and what the stand-ins are asked.
 */
class Lab
{
    const MODULE = __DIR__ . '/../module';

    const VTIGER_FILES = ['include/events/include.inc', 'include/Webservices/Utils.php', 'include/Webservices/ModuleTypes.php',
        'include/Webservices/EntityMeta.php', 'include/Webservices/VtigerWebserviceObject.php', 'include/Webservices/VtigerCRMObject.php',
        'include/Webservices/VtigerCRMObjectMeta.php', 'include/Webservices/DataTransform.php', 'include/Webservices/WebServiceError.php',
        'include/Webservices/Retrieve.php', 'data/CRMEntity.php', 'include/utils/utils.php', 'include/utils/InventoryUtils.php',
        'vtlib/Vtiger/Cron.php'];

    /** @var string[] events that were triggered */
    public static $events = [];

    /** @var bool does the user have access? */
    public static $access = true;

    /** @var string[] */
    public static $types = [];

    /** @var int a fixed time at which entities are saved; 0 is now */
    public static $clock = 0;

    /** @var int */
    private static $next = 100;

    /** Files that the module includes: the stand-ins have all of it, so they are empty. */
    public static function includes(): void
    {
        $folder = sys_get_temp_dir() . '/woovtigersync-tests-' . getmypid();
        foreach (self::VTIGER_FILES as $file) {
            @mkdir(dirname($folder . '/' . $file), 0700, true);
            file_put_contents($folder . '/' . $file, "<?php\n");
        }
        set_include_path($folder . PATH_SEPARATOR . get_include_path());
        $GLOBALS['lab_folder'] = $folder;
        register_shutdown_function(
            function () use ($folder) {
                WooVtigerSync_Installer::remove($folder);
            }
        );
    }

    /** A new Vtiger with the module installed. */
    public static function start(bool $url = true): void
    {
        PearDatabase::reset();
        $tables = [
            'vtiger_crmentity (crmid INTEGER PRIMARY KEY, setype TEXT, smownerid INT, description TEXT, modifiedtime TEXT, modifiedby INT, deleted INT'
                . ' DEFAULT 0, label TEXT)',
            'vtiger_ws_entity (id INT, name TEXT)',
            'vtiger_ws_operation (operationid INT, name TEXT, handler_path TEXT, handler_method TEXT, type TEXT, prelogin INT)',
            'vtiger_ws_operation_parameters (operationid INT, name TEXT, type TEXT, sequence INT)',
            'vtiger_eventhandlers (eventhandler_id INT, event_name TEXT, handler_path TEXT, handler_class TEXT, cond TEXT, is_active INT, dependent_on TEXT)',
            'vtiger_eventhandler_module (module_name TEXT, handler_class TEXT)',
            'vtiger_cron_task (id INTEGER PRIMARY KEY, name TEXT, handler_file TEXT, frequency INT)',
            'vtiger_settings_blocks (blockid INT, label TEXT)',
            'vtiger_settings_field (fieldid INT, blockid INT, name TEXT, iconpath TEXT, description TEXT, linkto TEXT, sequence INT, active INT)',
            'vtiger_products (productid INT, unit_price DECIMAL(25,8), qtyinstock DECIMAL(25,3))',
            'vtiger_service (serviceid INT, unit_price DECIMAL(25,8))',
            'vtiger_salesorder (salesorderid INT, subject TEXT, sostatus TEXT, purchaseorder TEXT, accountid INT, taxtype TEXT, subtotal DECIMAL(25,8),'
                . ' total DECIMAL(25,8), adjustment DECIMAL(25,8), pre_tax_total DECIMAL(25,8), discount_percent DECIMAL(25,3), discount_amount'
                . ' DECIMAL(25,8), s_h_amount DECIMAL(25,8), s_h_percent DECIMAL(25,3), currency_id INT, conversion_rate DECIMAL(10,3),'
                . ' compound_taxes_info TEXT, enable_recurring INT DEFAULT 0, salescommission DECIMAL(25,3))',
            'vtiger_salesordercf (salesorderid INT)',
            'vtiger_sobillads (sobilladdressid INT)',
            'vtiger_soshipads (soshipaddressid INT)',
            'vtiger_invoice_recurring_info (salesorderid INT)',
            'vtiger_inventoryproductrel (id INT, productid INT, sequence_no INT, quantity DECIMAL(25,3), listprice DECIMAL(27,8), discount_percent'
                . ' DECIMAL(7,3), discount_amount DECIMAL(27,8), comment TEXT, description TEXT, incrementondel INT DEFAULT 0, lineitem_id INTEGER'
                . ' PRIMARY KEY AUTOINCREMENT, tax1 DECIMAL(7,3), tax2 DECIMAL(7,3), tax3 DECIMAL(7,3))',
            'vtiger_inventorysubproductrel (id INT, sequence_no INT, productid INT, quantity INT)',
            'vtiger_inventoryshippingrel (id INT)',
            'vtiger_inventorychargesrel (recordid INT, charges TEXT)',
            'vtiger_inventorytaxinfo (taxid INT, taxname TEXT, taxlabel TEXT, percentage DECIMAL(7,3), deleted INT, method TEXT, type TEXT, compoundon TEXT,'
                . ' regions TEXT)',
            'vtiger_shippingtaxinfo (taxid INT, taxname TEXT, method TEXT, compoundon TEXT)',
            'vtiger_inventorycharges (chargeid INTEGER PRIMARY KEY, name TEXT, format TEXT, type TEXT, value DECIMAL(12,5), regions TEXT, istaxable INT,'
                . ' taxes TEXT, deleted INT DEFAULT 0)',
            'vtiger_producttaxrel (productid INT, taxid INT, taxpercentage DECIMAL(7,3), regions TEXT)',
            'vtiger_currency_info (id INT, defaultid INT)',
            'vtiger_field (tabid INT, fieldname TEXT, defaultvalue TEXT)',
        ];
        foreach ($tables as $table) {
            self::exec('CREATE TABLE ' . $table);
        }
        $entities = ['Users' => 19, 'Contacts' => 12, 'Accounts' => 11, 'Products' => 14, 'Services' => 26, 'SalesOrder' => 6, 'Tax' => 34];
        foreach ($entities as $name => $id) {
            self::exec('INSERT INTO vtiger_ws_entity VALUES (?, ?)', [$id, $name]);
        }
        foreach ([1 => 4.5, 2 => 10, 3 => 12.5] as $id => $percentage) {
            self::exec("INSERT INTO vtiger_inventorytaxinfo VALUES (?, ?, ?, ?, 0, 'Simple', 'Fixed', '[]', '[]')", [$id, 'tax' . $id, 'T' . $id, $percentage]);
            self::exec("INSERT INTO vtiger_shippingtaxinfo VALUES (?, ?, 'Simple', '[]')", [$id, 'shtax' . $id]);
        }
        self::exec("INSERT INTO vtiger_inventorycharges VALUES (1, 'Shipping &amp; Handling', 'Flat', 'Fixed', 0, '[]', 1, '[\"1\",\"2\",\"3\"]', 0)");
        self::exec("INSERT INTO vtiger_settings_blocks VALUES (4, 'LBL_OTHER_SETTINGS'), (6, 'LBL_INTEGRATION')");
        self::exec('INSERT INTO vtiger_currency_info VALUES (1, -11)');
        self::$events = [];
        self::$access = true;
        self::$clock = 0;
        self::$types = array_keys($entities);
        self::$next = 100;
        $user = new stdClass();
        $user->id = 1;
        $user->is_admin = 'on';
        $GLOBALS['current_user'] = $user;
        $GLOBALS['default_timezone'] = 'UTC';
        $_SERVER['SCRIPT_NAME'] = '/webservice.php';
        WooVtigerSync_Settings::forget();
        WooVtigerSync_Ids::forget();
        WooVtigerSync_Request::forget();
        (new WooVtigerSync_Installer())->install();
        if ($url) {
            WooVtigerSync_Settings::setSecret('a secret of the tests');
            WooVtigerSync_Settings::setUrl('https://sync.example.com/webhooks/vtiger/shop?a=1&b=2');
        }
    }

    public static function exec(string $sql, array $params = []): void
    {
        PearDatabase::getInstance()->database->pdo->prepare($sql)->execute($params);
    }

    public static function rows(string $sql, array $params = []): array
    {
        $statement = PearDatabase::getInstance()->database->pdo->prepare($sql);
        $statement->execute($params);

        return $statement->fetchAll(PDO::FETCH_ASSOC);
    }

    /** @return array|null */
    public static function row(string $sql, array $params = [])
    {
        $rows = self::rows($sql, $params);

        return $rows ? $rows[0] : null;
    }

    public static function value(string $sql, array $params = [])
    {
        $row = self::row($sql, $params);

        return $row ? reset($row) : null;
    }

    public static function entity(string $module, string $time = '', $owner = 1, string $label = ''): int
    {
        $id = ++self::$next;
        self::exec(
            'INSERT INTO vtiger_crmentity (crmid, setype, smownerid, modifiedtime, modifiedby, label) VALUES (?, ?, ?, ?, ?, ?)',
            [$id, $module, $owner, $time === '' ? date('Y-m-d H:i:s') : $time, 1, $label]
        );

        return $id;
    }

    public static function product(string $stock = '100', string $price = '10'): int
    {
        $id = self::entity('Products');
        self::exec('INSERT INTO vtiger_products VALUES (?, ?, ?)', [$id, $price, $stock]);

        return $id;
    }

    /** Triggers an event as Vtiger does it. */
    public static function trigger(string $event, string $module, int $id): void
    {
        $focus = CRMEntity::getInstance($module);
        $focus->id = $id;
        (new VTEventsManager(PearDatabase::getInstance()))->triggerEvent($event, VTEntityData::fromCRMEntity($focus));
    }

    /** Saves a record that exists: its time changes, then the event. */
    public static function save(string $module, int $id, int $user = 1): void
    {
        self::exec('UPDATE vtiger_crmentity SET modifiedtime = ?, modifiedby = ? WHERE crmid = ?', [date('Y-m-d H:i:s'), $user, $id]);
        self::trigger('vtiger.entity.aftersave.final', $module, $id);
    }

    /**
     * Ends the request and sends what it wrote; the next call belongs to another request.
     *
     * @return array<int, array{url: string, headers: string[], body: string}>
     */
    public static function endRequest(int $http = 200, string $error = ''): array
    {
        WooVtigerSync_Request::finish(false);
        $sent = self::send('sendFresh', $http, $error);
        WooVtigerSync_Request::forget();

        return $sent;
    }

    public static function send(string $method, int $http = 200, string $error = ''): array
    {
        $sent = [];
        $sender = new WooVtigerSync_Sender(
            function ($url, $headers, $body) use (&$sent, $http, $error) {
                $sent[] = ['url' => $url, 'headers' => $headers, 'body' => $body, 'data' => json_decode($body, true)];

                return [$http, $error];
            }
        );
        $sender->$method();

        return $sent;
    }

    /** @return array<int, string> "event id" of callbacks */
    public static function told(array $sent): array
    {
        $told = [];
        foreach ($sent as $call) {
            $told[] = $call['data']['event'] . ' ' . $call['data']['id'];
        }
        sort($told);

        return $told;
    }
}
