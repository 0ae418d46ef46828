<?php

return [
    'capabilities' => function () {
        Lab::start();
        Lab::save('Contacts', Lab::entity('Contacts'));
        $answer = woovtigersync_capabilities($GLOBALS['current_user']);
        same(['extension', 'protocol', 'vtiger', 'php', 'time_zone', 'now', 'now_text', 'user', 'is_admin', 'operations', 'callbacks'], array_keys($answer), 'keys');
        same([1, '8.3.0', 'UTC', '19x1', true], [$answer['protocol'], $answer['vtiger'], $answer['time_zone'], $answer['user'], $answer['is_admin']], 'values');
        same($answer['now'], strtotime($answer['now_text'] . ' UTC'), 'both times are one');
        same(8, count($answer['operations']), 'operations');
        same(['url' => true, 'modules' => ['Contacts', 'Accounts', 'Products', 'SalesOrder'], 'waiting' => 1, 'failed' => 0], $answer['callbacks'], 'callbacks');
    },
    'arguments are called as the parameters are' => function () {
        Lab::start();
        foreach (WooVtigerSync_Installer::OPERATIONS as $name => $operation) {
            $arguments = [];
            foreach ((new ReflectionFunction($name))->getParameters() as $parameter) {
                $arguments[] = $parameter->getName();
            }
            same(array_merge(array_keys($operation[1]), ['user']), $arguments, $name);
            $stored = Lab::rows(
                'SELECT p.name FROM vtiger_ws_operation_parameters p INNER JOIN vtiger_ws_operation o ON o.operationid = p.operationid'
                . ' WHERE o.name = ? ORDER BY p.sequence',
                [$name]
            );
            same(array_keys($operation[1]), array_column($stored, 'name'), $name . ' as registered');
            same($operation[0], Lab::value('SELECT type FROM vtiger_ws_operation WHERE name = ?', [$name]), $name . ' method');
        }
    },
    'an order goes to the recycle bin and is told of, once, and only for who may' => function () {
        Lab::start();
        $user = $GLOBALS['current_user'];
        $order = Lab::entity('SalesOrder');
        Lab::$access = false;
        same('ACCESS_DENIED', fault(function () use ($order, $user) {
            woovtigersync_delete_order('6x' . $order, $user);
        }), 'without right');
        Lab::$access = true;
        same(['status' => 'successful'], woovtigersync_delete_order('6x' . $order, $user), 'answer');
        same('1', (string) Lab::value('SELECT deleted FROM vtiger_crmentity WHERE crmid = ?', [$order]), 'deleted');
        same(['vtiger.entity.afterdelete 6x' . $order], Lab::told(Lab::endRequest()), 'told');
        foreach (['6x' . $order, '12x' . Lab::entity('Contacts'), 'x'] as $other) {
            same(true, fault(function () use ($other, $user) {
                woovtigersync_delete_order($other, $user);
            }) !== 'none', $other);
        }
    },
    'the hour before daylight saving ended is not yet to come' => function () {
        Lab::start();
        $GLOBALS['default_timezone'] = 'Europe/Berlin';
        // 2026-10-25 03:00, which is 02:00 once more.
        $ended = 1792890000;
        foreach ([
            [-1, '2026-10-25 02:59:59'],
            [0, '2026-10-25 02:59:59'],
            [3599, '2026-10-25 02:59:59'],
            [3600, '2026-10-25 03:00:00'],
        ] as list($after, $latest)) {
            same($latest, WooVtigerSync_Time::latest($ended + $after), 'after ' . $after . ' s');
        }
        same('2026-03-29 03:00:05', WooVtigerSync_Time::latest(1774746005), 'in spring');
    },
    'changes come in order, by pages, and none is lost or told twice' => function () {
        Lab::start();
        $want = [];
        foreach (['10:00:01', '10:00:00', '10:00:01', '10:00:01', '10:00:02', '10:00:00'] as $time) {
            $want[] = '2026-01-02 ' . $time . ' ' . Lab::entity('Contacts', '2026-01-02 ' . $time);
        }
        Lab::entity('Accounts', '2026-01-02 10:00:00');
        sort($want);
        $got = [];
        $cursor = '';
        $calls = 0;
        do {
            $answer = woovtigersync_changes('Contacts', $cursor, '2', $GLOBALS['current_user']);
            foreach ($answer['changes'] as $change) {
                $got[] = $change['modifiedtime'] . ' ' . explode('x', $change['id'])[1];
            }
            $cursor = $answer['cursor'];
            ++$calls;
        } while ($answer['more']);
        same($want, $got, 'all in order');
        same(3, $calls, 'pages');
        same([], woovtigersync_changes('Contacts', $cursor, '', $GLOBALS['current_user'])['changes'], 'then nothing');
    },
    'the second that runs is left for later, so that none of its changes is lost' => function () {
        Lab::start();
        while (fmod(microtime(true), 1) > 0.5) {
            usleep(20000);
        }
        $now = date('Y-m-d H:i:s');
        $old = Lab::entity('Contacts', '2026-01-02 10:00:00');
        $first = Lab::entity('Contacts', $now);
        $answer = woovtigersync_changes('Contacts', '', '', $GLOBALS['current_user']);
        same(['12x' . $old], array_column($answer['changes'], 'id'), 'what is over');
        $second = Lab::entity('Contacts', $now);
        usleep(1050000);
        $answer = woovtigersync_changes('Contacts', $answer['cursor'], '', $GLOBALS['current_user']);
        same(['12x' . $first, '12x' . $second], array_column($answer['changes'], 'id'), 'both of the same second');
    },
    'changes tell deletions and writers' => function () {
        Lab::start();
        $id = Lab::entity('Accounts', '2026-01-02 03:04:05');
        Lab::exec('UPDATE vtiger_crmentity SET deleted = 1, modifiedby = 8 WHERE crmid = ?', [$id]);
        same(
            [['id' => '11x' . $id, 'modifiedtime' => '2026-01-02 03:04:05', 'modified' => 1767323045, 'modifiedby' => '19x8', 'deleted' => true]],
            woovtigersync_changes('Accounts', '', '', $GLOBALS['current_user'])['changes'],
            'deleted'
        );
        foreach (['Leads', 'Users', ''] as $module) {
            same('ACCESS_DENIED', fault(function () use ($module) {
                woovtigersync_changes($module, '', '', $GLOBALS['current_user']);
            }), 'module ' . $module);
        }
        same('INVALID_ID_ATTRIBUTE', fault(function () {
            woovtigersync_changes('Accounts', "2026' OR 1", '', $GLOBALS['current_user']);
        }), 'strange cursor');
    },
    'taxes' => function () {
        Lab::start();
        $user = $GLOBALS['current_user'];
        $taxes = woovtigersync_taxes($user);
        same(['34x1', 'tax1', 'T1', false], [$taxes[0]['id'], $taxes[0]['taxname'], $taxes[0]['taxlabel'], $taxes[0]['deleted']], 'list');
        $new = woovtigersync_save_tax(['taxlabel' => 'VAT', 'percentage' => '19.24'], $user);
        same(['34x4', 'tax4', 'VAT'], [$new['id'], $new['taxname'], $new['taxlabel']], 'new');
        $changed = woovtigersync_save_tax(['id' => '34x4', 'percentage' => '20', 'deleted' => true], $user);
        same([20.0, true, 'VAT'], [(float) $changed['percentage'], $changed['deleted'], $changed['taxlabel']], 'changed');
        same(4, count(woovtigersync_changes('Tax', 'anything', '', $user)['changes']), 'all are changes, every time');
        same('RECORD_NOT_FOUND', fault(function () use ($user) {
            woovtigersync_save_tax(['id' => '34x99', 'percentage' => '1'], $user);
        }), 'missing');
        same('MANDATORY_FIELDS_MISSING', fault(function () use ($user) {
            woovtigersync_save_tax(['taxlabel' => 'x'], $user);
        }), 'no percentage');
        $user->is_admin = 'off';
        same('ACCESS_DENIED', fault(function () use ($user) {
            woovtigersync_save_tax(['taxlabel' => 'x', 'percentage' => '1'], $user);
        }), 'administrators only');
    },
    'charges' => function () {
        Lab::start();
        $user = $GLOBALS['current_user'];
        $charges = woovtigersync_charges($user);
        same([['1', 'Shipping & Handling', ['1', '2', '3']]], [[$charges[0]['id'], $charges[0]['name'], $charges[0]['taxes']]], 'list');
        $new = woovtigersync_save_charge(['name' => 'Express', 'value' => '5', 'taxes' => ['2']], $user);
        same(['2', 'Express', 'Flat', 'Fixed', ['2'], false], [$new['id'], $new['name'], $new['format'], $new['type'], $new['taxes'], $new['deleted']], 'new');
        same(true, woovtigersync_save_charge(['id' => '2', 'deleted' => true], $user)['deleted'], 'deleted');
        $user->is_admin = 'off';
        same('ACCESS_DENIED', fault(function () use ($user) {
            woovtigersync_save_charge(['name' => 'x'], $user);
        }), 'administrators only');
    },
    'a fault of the database is one of Vtiger\'s errors' => function () {
        Lab::start();
        Lab::exec('DROP TABLE vtiger_inventorycharges');
        $log = ini_set('error_log', '/dev/null');
        same('DATABASE_QUERY_ERROR', fault(function () {
            woovtigersync_charges($GLOBALS['current_user']);
        }), 'code');
        ini_set('error_log', (string) $log);
    },
];
