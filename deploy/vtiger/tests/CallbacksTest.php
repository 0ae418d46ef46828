<?php

return [
    'a save is announced once, signed and complete' => function () {
        Lab::start();
        $id = Lab::entity('Contacts');
        Lab::exec("UPDATE vtiger_crmentity SET modifiedtime = '2026-01-02 03:04:05', modifiedby = 7 WHERE crmid = ?", [$id]);
        Lab::trigger('vtiger.entity.aftersave.final', 'Contacts', $id);
        same([], Lab::send('sendFresh'), 'nothing is sent while the request runs');
        same([], Lab::send('sendDue'), 'nor by the cron');
        $sent = Lab::endRequest();
        same(1, count($sent), 'one callback');
        $call = $sent[0];
        same('https://sync.example.com/webhooks/vtiger/shop?a=1&b=2', $call['url'], 'address');
        yes(in_array('Content-Type: application/json', $call['headers'], true), 'content type');
        $signature = 'X-Vtiger-Signature: sha256=' . hash_hmac('sha256', $call['body'], 'a secret of the tests');
        yes(in_array($signature, $call['headers'], true), 'signature of the raw body');
        $data = $call['data'];
        yes((bool) preg_match('/^[0-9a-f]{32}$/', $data['delivery']), 'delivery');
        unset($data['delivery']);
        same(
            ['module' => 'Contacts', 'id' => '12x' . $id, 'event' => 'vtiger.entity.aftersave.final', 'modifiedtime' => '2026-01-02 03:04:05',
                'modified' => 1767323045, 'modifiedby' => '19x7', 'origin' => 'webservice'],
            $data,
            'body'
        );
        same([], Lab::endRequest(), 'and never again');
        same([], Lab::send('sendDue'), 'by nobody');
    },
    'the time is that of the server' => function () {
        Lab::start();
        $GLOBALS['default_timezone'] = 'America/New_York';
        $id = Lab::entity('Accounts', '2026-01-02 03:04:05');
        Lab::trigger('vtiger.entity.aftersave.final', 'Accounts', $id);
        $data = Lab::endRequest()[0]['data'];
        same('2026-01-02 03:04:05', $data['modifiedtime'], 'text as stored');
        same(1767323045 + 5 * 3600, $data['modified'], 'epoch');
    },
    'several saves in one request are one callback, in two requests two' => function () {
        Lab::start();
        $id = Lab::entity('Contacts');
        Lab::save('Contacts', $id);
        Lab::save('Contacts', $id, 5);
        $sent = Lab::endRequest();
        same(['vtiger.entity.aftersave.final 12x' . $id], Lab::told($sent), 'one');
        same('19x5', $sent[0]['data']['modifiedby'], 'of the last writer');
        Lab::save('Contacts', $id);
        same(1, count(Lab::endRequest()), 'another request, another callback');
    },
    'a delete after a save is the delete' => function () {
        Lab::start();
        $id = Lab::entity('Contacts');
        Lab::save('Contacts', $id);
        Lab::trigger('vtiger.entity.afterdelete', 'Contacts', $id);
        same(['vtiger.entity.afterdelete 12x' . $id], Lab::told(Lab::endRequest()), 'delete');
        Lab::trigger('vtiger.entity.afterrestore', 'Contacts', $id);
        same(['vtiger.entity.afterrestore 12x' . $id], Lab::told(Lab::endRequest()), 'restore');
    },
    'many records of one request are one callback each' => function () {
        Lab::start();
        $ids = [Lab::entity('Contacts'), Lab::entity('Contacts'), Lab::entity('Accounts')];
        Lab::save('Contacts', $ids[0]);
        Lab::save('Contacts', $ids[1]);
        Lab::save('Accounts', $ids[2]);
        same(3, count(Lab::endRequest()), 'three');
    },
    'where a change comes from' => function () {
        Lab::start();
        $id = Lab::entity('Contacts');
        $scripts = ['/crm/webservice.php' => 'webservice', 'vtigercron.php' => 'cron'];
        foreach ($scripts as $script => $origin) {
            $_SERVER['SCRIPT_NAME'] = $script;
            Lab::save('Contacts', $id);
            same($origin, Lab::endRequest()[0]['data']['origin'], $script);
        }
    },
    'nothing is announced without an address, nor for other modules' => function () {
        Lab::start(false);
        $id = Lab::entity('Contacts');
        Lab::save('Contacts', $id);
        same(0, (int) Lab::value('SELECT COUNT(*) FROM woovtigersync_outbox'), 'no address');
        Lab::start();
        $lead = Lab::entity('Leads');
        Lab::save('Leads', $lead);
        same(0, (int) Lab::value('SELECT COUNT(*) FROM woovtigersync_outbox'), 'other module');
        WooVtigerSync_Settings::setModules(['Accounts']);
        $contact = Lab::entity('Contacts');
        Lab::save('Contacts', $contact);
        same(0, (int) Lab::value('SELECT COUNT(*) FROM woovtigersync_outbox'), 'module switched off');
        $account = Lab::entity('Accounts');
        Lab::save('Accounts', $account);
        same(1, (int) Lab::value('SELECT COUNT(*) FROM woovtigersync_outbox'), 'module switched on');
    },
    'what is rolled back is not announced' => function () {
        Lab::start();
        $id = Lab::entity('Contacts');
        WooVtigerSync_Db::begin();
        Lab::save('Contacts', $id);
        WooVtigerSync_Db::rollback();
        same([], Lab::endRequest(), 'rolled back');
        WooVtigerSync_Db::begin();
        Lab::save('Contacts', $id);
        WooVtigerSync_Db::commit();
        same(1, count(Lab::endRequest()), 'committed');
    },
    'a receiver that is down or refuses is tried again, ever later, for three days' => function () {
        Lab::start();
        $id = Lab::entity('Contacts');
        Lab::save('Contacts', $id);
        same(1, count(Lab::endRequest(503)), 'first attempt');
        foreach ([10, 60, 300, 900, 3600, 10800, 21600, 21600] as $index => $seconds) {
            $row = Lab::row('SELECT * FROM woovtigersync_outbox');
            same('waiting', $row['status'], 'waiting after attempt ' . ($index + 1));
            same($index + 1, (int) $row['attempts'], 'attempts');
            yes(abs((int) $row['due'] - time() - $seconds) <= 1, 'wait of ' . $seconds . ' s');
            same([], Lab::send('sendDue'), 'not before');
            same([], Lab::send('sendFresh'), 'nor by other requests');
            Lab::exec('UPDATE woovtigersync_outbox SET due = ?', [time() - 1]);
            $sent = Lab::send('sendDue', $index % 2 ? 500 : 0, $index % 2 ? '' : 'Connection refused');
            same(1, count($sent), 'attempt ' . ($index + 2));
        }
        same('HTTP 500', Lab::value('SELECT error FROM woovtigersync_outbox'), 'what is wrong is noted');
        Lab::exec('UPDATE woovtigersync_outbox SET due = ?, since = ?', [time() - 1, time() - 3 * 86400 + 3600]);
        Lab::send('sendDue', 500);
        same('failed', Lab::value('SELECT status FROM woovtigersync_outbox'), 'given up after three days');
        same(['waiting' => 0, 'failed' => 1], WooVtigerSync_Outbox::counts(), 'and counted');
        Lab::exec('UPDATE woovtigersync_outbox SET due = 0');
        same([], Lab::send('sendDue'), 'and not sent any more');
        same(1, WooVtigerSync_Outbox::resend((int) Lab::value('SELECT id FROM woovtigersync_outbox')), 'but by hand');
        same(1, count(Lab::send('sendDue')), 'it goes');
        same('done', Lab::value('SELECT status FROM woovtigersync_outbox'), 'and arrives');
    },
    'a repeated callback is the same to the byte' => function () {
        Lab::start();
        $id = Lab::entity('Contacts');
        Lab::save('Contacts', $id);
        $first = Lab::endRequest(500)[0]['body'];
        Lab::exec('UPDATE woovtigersync_outbox SET due = 0');
        same($first, Lab::send('sendDue')[0]['body'], 'body');
    },
    'when nobody answers, the rest of the queue waits' => function () {
        Lab::start();
        foreach ([1, 2, 3] as $n) {
            Lab::save('Contacts', Lab::entity('Contacts'));
        }
        same(1, count(Lab::endRequest(0, 'timed out')), 'one attempt');
        same(2, count(Lab::send('sendDue')), 'the others at the next run');
        foreach ([1, 2, 3] as $n) {
            Lab::save('Contacts', Lab::entity('Contacts'));
        }
        same(3, count(Lab::endRequest(500)), 'an answer is no reason to stop');
    },
    'any 2xx is success, a redirect is not' => function () {
        foreach ([200 => 'done', 202 => 'done', 204 => 'done', 302 => 'waiting', 404 => 'waiting'] as $http => $status) {
            Lab::start();
            Lab::save('Contacts', Lab::entity('Contacts'));
            Lab::endRequest($http);
            same($status, Lab::value('SELECT status FROM woovtigersync_outbox'), 'HTTP ' . $http);
        }
    },
    'two senders do not send one callback twice' => function () {
        Lab::start();
        Lab::save('Contacts', Lab::entity('Contacts'));
        WooVtigerSync_Request::finish(false);
        $id = (int) Lab::value('SELECT id FROM woovtigersync_outbox');
        yes(is_array(WooVtigerSync_Outbox::claim($id)), 'the first has it');
        same(null, WooVtigerSync_Outbox::claim($id), 'the second has not');
        same([], Lab::send('sendDue'), 'nor has the cron');
        Lab::exec('UPDATE woovtigersync_outbox SET due = ?', [time() - 1]);
        same(1, count(Lab::send('sendDue')), 'but when the first has died');
    },
    'a fault in the handler does not escape and prints nothing' => function () {
        Lab::start();
        $id = Lab::entity('Contacts');
        Lab::exec('DROP TABLE woovtigersync_outbox');
        $log = ini_set('error_log', '/dev/null');
        ob_start();
        Lab::save('Contacts', $id);
        $handler = new WooVtigerSync_RecordHandler();
        $handler->handleEvent('vtiger.entity.aftersave.final', null);
        $handler->handleEvent('vtiger.entity.aftersave.final', new ArrayObject());
        $printed = ob_get_clean();
        ini_set('error_log', (string) $log);
        same('', $printed, 'printed');
        same(1, ob_get_level() === 0 ? 1 : ob_get_level(), 'no buffer is left');
    },
    'what Vtiger did without an event is found by the cron, once' => function () {
        Lab::start();
        Lab::exec("UPDATE woovtigersync_settings SET value = '2026-01-01 00:00:00|0' WHERE name = 'sweep'");
        WooVtigerSync_Settings::forget();
        $old = date('Y-m-d H:i:s', time() - 300);
        $imported = Lab::entity('Contacts', $old);
        $deleted = Lab::entity('Accounts', $old);
        Lab::exec('UPDATE vtiger_crmentity SET deleted = 1 WHERE crmid = ?', [$deleted]);
        Lab::entity('Leads', $old);
        $known = Lab::entity('Contacts', $old);
        Lab::trigger('vtiger.entity.aftersave.final', 'Contacts', $known);
        same(1, count(Lab::endRequest()), 'one had its event');
        $young = Lab::entity('Contacts');
        same(2, WooVtigerSync_Sweep::run(), 'two had none');
        same(['vtiger.entity.afterdelete 11x' . $deleted, 'vtiger.entity.aftersave.final 12x' . $imported], Lab::told(Lab::endRequest()), 'told');
        same(0, WooVtigerSync_Sweep::run(), 'once');
        yes($young > 0, 'a request that still runs is left alone');
    },
    'old entries go' => function () {
        Lab::start();
        Lab::save('Contacts', Lab::entity('Contacts'));
        Lab::endRequest();
        WooVtigerSync_Outbox::clean();
        same(1, (int) Lab::value('SELECT COUNT(*) FROM woovtigersync_outbox'), 'not at once');
        Lab::exec('UPDATE woovtigersync_outbox SET since = since - 700000');
        WooVtigerSync_Outbox::clean();
        same(0, (int) Lab::value('SELECT COUNT(*) FROM woovtigersync_outbox'), 'after a week');
    },
];
