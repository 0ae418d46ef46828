<?php

/** A handler that fails, as one of another module might. */
class LabBoom extends VTEventHandler
{
    /** @var string[] order => lines, as they were when the event came */
    public static $seen = [];

    /** @var bool */
    public static $boom = false;

    public function handleEvent($name, $data)
    {
        if ($data->getModuleName() === 'SalesOrder') {
            self::$seen[] = $name . ' ' . Lab::value('SELECT COUNT(*) FROM vtiger_inventoryproductrel WHERE id = ?', [$data->getId()]);
            if (self::$boom) {
                throw new Error('boom');
            }
        }
    }

    public static function register(bool $boom): void
    {
        self::$boom = $boom;
        self::$seen = [];
        (new VTEventsManager(PearDatabase::getInstance()))->registerHandler('vtiger.entity.aftersave', 'none', 'LabBoom');
    }
}

/** The database rolls back, as on a deadlock; Vtiger goes on. */
class LabDeadlock extends VTEventHandler
{
    /** @var int how often */
    public static $times = 0;

    public function handleEvent($name, $data)
    {
        if (self::$times-- > 0) {
            PearDatabase::getInstance()->database->pdo->exec('ROLLBACK');
        }
    }
}

function order_element(array $more = []): array
{
    $account = Lab::entity('Accounts');

    return $more + ['subject' => 'Order', 'sostatus' => 'Created', 'account_id' => '11x' . $account, 'assigned_user_id' => '19x1', 'hdnTaxType' => 'group'];
}

function order_line(int $product, string $quantity, string $price, array $more = []): array
{
    return ['productid' => '14x' . $product, 'quantity' => $quantity, 'listprice' => $price] + $more;
}

function order_save(array $element): array
{
    return woovtigersync_save_order($element, $GLOBALS['current_user']);
}

/** Everything that a fault must leave as it was. */
function order_tables(): string
{
    $all = [];
    foreach (['vtiger_crmentity', 'vtiger_salesorder', 'vtiger_inventoryproductrel', 'vtiger_inventorychargesrel', 'vtiger_products', 'vtiger_producttaxrel',
        'vtiger_salesordercf', 'woovtigersync_outbox'] as $table) {
        $all[$table] = Lab::rows('SELECT * FROM ' . $table);
    }

    return json_encode($all);
}

return [
    'an order is written with lines, charges and money' => function () {
        Lab::start();
        $a = Lab::product();
        $b = Lab::product();
        $order = order_save(
            order_element(
                [
                    'hdnDiscountAmount' => '1.50', 'shipping_&_handling' => '4.00', 'txtAdjustment' => '0.1',
                    'LineItems' => [order_line($a, '2.000', '10', ['tax1' => '5', 'comment' => 'c & "q"', 'discount_amount' => '1']), order_line($b, '1', '-3')],
                ]
            )
        );
        $id = (int) explode('x', $order['id'])[1];
        money('16.00000000', $order['subtotal'], 'subtotal');
        money('19.32500000', $order['total'], 'total');
        money('0.10000000', $order['adjustment'], 'adjustment');
        $lines = Lab::rows('SELECT * FROM vtiger_inventoryproductrel WHERE id = ? ORDER BY sequence_no', [$id]);
        same(2, count($lines), 'lines');
        same([$a, $b], [(int) $lines[0]['productid'], (int) $lines[1]['productid']], 'in order');
        same('c & "q"', $lines[0]['comment'], 'comment');
        money('5.00000000', $lines[0]['tax1'], 'tax of the line');
        same(0, (int) $lines[0]['incrementondel'], 'takes no stock');
        money('100.00000000', Lab::value('SELECT qtyinstock FROM vtiger_products WHERE productid = ?', [$a]), 'stock');
        $charges = json_decode(Lab::value('SELECT charges FROM vtiger_inventorychargesrel WHERE recordid = ?', [$id]), true);
        money('4.00000000', $charges['1']['value'], 'charge');
        same(['vtiger.entity.aftersave.final 6x' . $id], Lab::told(Lab::endRequest()), 'one callback');
        same(false, WooVtigerSync_Db::inTransaction(), 'no transaction is left open');
    },
    'each line has its own taxes, linked to the product or not' => function () {
        Lab::start();
        $a = Lab::product();
        $b = Lab::product();
        Lab::exec("INSERT INTO vtiger_producttaxrel VALUES (?, 1, 4.5, '[]')", [$a]);
        $order = order_save(
            order_element(
                [
                    'hdnTaxType' => 'individual',
                    'LineItems' => [order_line($a, '1', '10', ['tax1' => '8.875']), order_line($b, '2', '7.77', ['tax1' => '8.875', 'tax2' => '4.5', 'tax3' => '0'])],
                ]
            )
        );
        money('28.50597500', $order['total'], 'total');
        $links = Lab::rows('SELECT productid, taxid, taxpercentage FROM vtiger_producttaxrel ORDER BY productid, taxid');
        same(3, count($links), 'links: the one that was, and two');
        money('4.50000000', $links[0]['taxpercentage'], 'the product\'s own percentage stays');
        same([$b, 1, $b, 2], [(int) $links[1]['productid'], (int) $links[1]['taxid'], (int) $links[2]['productid'], (int) $links[2]['taxid']], 'linked');
    },
    'the total is met to the cent, and writing twice changes nothing' => function () {
        Lab::start();
        $a = Lab::product();
        $element = order_element(
            [
                'hdnTaxType' => 'individual', 'total' => '31.17', 'hdnS_H_Amount' => '3.30', 'reference' => ['field' => 'vtiger_purchaseorder', 'value' => 'shop #115'],
                'LineItems' => [order_line($a, '1.5', '10.123456', ['tax1' => '19.24', 'discount_percent' => '2'])],
            ]
        );
        $order = order_save($element);
        money('31.17000000', $order['total'], 'total');
        same('shop #115', $order['purchaseorder'], 'reference');
        money('31.17000000', (float) $order['subtotal'] + (float) $order['s_h_amount'] + (float) $order['adjustment'], 'the parts add up to it');
        Lab::endRequest();
        $before = order_tables();
        Lab::$events = [];
        $again = order_save($element);
        same($order, $again, 'the same order');
        same($before, order_tables(), 'nothing is written');
        same([], array_values(array_filter(Lab::$events, function ($event) {
            return strpos($event, 'after') !== false;
        })), 'no workflow runs');
        same([], Lab::endRequest(), 'no callback');
        unset($element['reference']);
        $element['id'] = $order['id'];
        order_save($element);
        same($before, order_tables(), 'by id neither');
        $element['LineItems'][0]['quantity'] = '2';
        $changed = order_save($element);
        same($order['id'], $changed['id'], 'rewritten');
        money('31.17000000', $changed['total'], 'total of the rewritten order');
        same(1, count(Lab::endRequest()), 'announced');
    },
    'an order is found by its reference while it is not deleted' => function () {
        Lab::start();
        $a = Lab::product();
        $element = order_element(['reference' => ['field' => 'vtiger_purchaseorder', 'value' => 'shop #1'], 'LineItems' => [order_line($a, '1', '10')]]);
        $first = order_save($element);
        $element['LineItems'] = [order_line($a, '3', '10')];
        $second = order_save($element);
        same($first['id'], $second['id'], 'the same');
        money('30.00000000', $second['total'], 'changed');
        Lab::exec('UPDATE vtiger_crmentity SET deleted = 1 WHERE crmid = ?', [explode('x', $first['id'])[1]]);
        $third = order_save($element);
        yes($third['id'] !== $first['id'], 'a deleted one is not found');
        same('MANDATORY_FIELDS_MISSING', fault(function () use ($element) {
            order_save(['reference' => ['field' => 'nonsense', 'value' => '1']] + $element);
        }), 'unknown field');
    },
    'only what is sent changes' => function () {
        Lab::start();
        $a = Lab::product();
        $order = order_save(
            order_element(
                ['hdnTaxType' => 'individual', 'hdnDiscountPercent' => '10', 'hdnS_H_Amount' => '4', 'txtAdjustment' => '0.123', 'LineItems' => [
                    order_line($a, '3', '3.333333', ['tax1' => '8.875'])]]
            )
        );
        $id = explode('x', $order['id'])[1];
        Lab::exec('UPDATE vtiger_salesorder SET salescommission = 12.345 WHERE salesorderid = ?', [$id]);
        $lines = Lab::rows('SELECT * FROM vtiger_inventoryproductrel');
        $header = order_save(['id' => $order['id'], 'subject' => 'New & <b>']);
        same('New & <b>', $header['subject'], 'subject');
        foreach (['total', 'subtotal', 'adjustment', 'pre_tax_total', 'discount_percent', 's_h_amount', 'taxtype', 'accountid'] as $column) {
            same($order[$column], $header[$column], $column . ' stays');
        }
        money('12.34500000', $header['salescommission'], 'Vtiger does not round what was not sent');
        same($lines, Lab::rows('SELECT * FROM vtiger_inventoryproductrel'), 'the lines stay');
        $rewritten = order_save(['id' => $order['id'], 'LineItems' => [order_line($a, '1', '100', ['tax1' => '10'])]]);
        money('103.12300000', $rewritten['total'], 'discount, shipping and adjustment stay');
        $cleared = order_save(
            ['id' => $order['id'], 'hdnDiscountPercent' => '', 'hdnDiscountAmount' => '', 'hdnS_H_Amount' => '', 'txtAdjustment' => '', 'LineItems' => [
                order_line($a, '1', '100', ['tax1' => '10'])]]
        );
        money('110.00000000', $cleared['total'], 'cleared');
    },
    'replaced lines give back the stock they took, bundles too' => function () {
        Lab::start();
        $a = Lab::product('10');
        $part = Lab::product('20');
        WooVtigerSync_Stock::remember();
        $order = order_save(order_element(['LineItems' => [order_line($a, '2', '10')]]));
        $id = (int) explode('x', $order['id'])[1];
        Lab::endRequest();
        Lab::exec('UPDATE vtiger_inventoryproductrel SET incrementondel = 1');
        Lab::exec('INSERT INTO vtiger_inventorysubproductrel VALUES (?, 1, ?, 3)', [$id, $part]);
        order_save(['id' => $order['id'], 'LineItems' => [order_line($a, '2', '10')]]);
        money('10.00000000', Lab::value('SELECT qtyinstock FROM vtiger_products WHERE productid = ?', [$a]), 'the same lines stay, with what they took');
        order_save(['id' => $order['id'], 'LineItems' => [order_line($a, '5', '10')]]);
        money('12.00000000', Lab::value('SELECT qtyinstock FROM vtiger_products WHERE productid = ?', [$a]), 'given back');
        money('26.00000000', Lab::value('SELECT qtyinstock FROM vtiger_products WHERE productid = ?', [$part]), 'of the bundle');
        same(['updated 14x' . $a, 'updated 14x' . $part, 'vtiger.entity.aftersave.final 6x' . $id], Lab::told(Lab::endRequest()), 'announced');
    },
    'events come when the lines are there' => function () {
        Lab::start();
        LabBoom::register(false);
        order_save(order_element(['LineItems' => [order_line(Lab::product(), '2', '10')]]));
        same(['vtiger.entity.aftersave 1'], LabBoom::$seen, 'lines at the time of the event');
        same(
            ['vtiger.entity.beforesave.modifiable', 'vtiger.entity.beforesave', 'vtiger.entity.beforesave.final', 'vtiger.entity.aftersave',
                'vtiger.entity.aftersave.final'],
            Lab::$events,
            'all events of a save'
        );
    },
    'a fault leaves nothing' => function () {
        Lab::start();
        $a = Lab::product('10');
        $order = order_save(order_element(['LineItems' => [order_line($a, '2', '10')]]));
        Lab::exec('UPDATE vtiger_inventoryproductrel SET incrementondel = 1');
        $other = Lab::entity('Accounts');
        $deleted = Lab::product();
        Lab::exec('UPDATE vtiger_crmentity SET deleted = 1 WHERE crmid = ?', [$deleted]);
        $good = order_element();
        $id = $order['id'];
        $before = order_tables();
        $cases = [
            'missing product' => ['RECORD_NOT_FOUND', ['LineItems' => [order_line($a, '1', '1'), order_line(99999, '1', '1')]]],
            'deleted product' => ['RECORD_NOT_FOUND', ['LineItems' => [order_line($deleted, '1', '1')]]],
            'an account as product' => ['REFERENCE_INVALID', ['LineItems' => [['productid' => '11x' . $other, 'quantity' => '1', 'listprice' => '1']]]],
            'an account with the number of a product' => ['RECORD_NOT_FOUND', ['LineItems' => [order_line($other, '1', '1')]]],
            'no id' => ['INVALID_ID_ATTRIBUTE', ['LineItems' => [['productid' => '5', 'quantity' => '1', 'listprice' => '1']]]],
            'no quantity' => ['MANDATORY_FIELDS_MISSING', ['LineItems' => [['productid' => '14x' . $a, 'listprice' => '1']]]],
            'no number' => ['MANDATORY_FIELDS_MISSING', ['LineItems' => [order_line($a, '1', 'abc')]]],
            'no lines' => ['MANDATORY_FIELDS_MISSING', ['LineItems' => []]],
            'money without lines' => ['MANDATORY_FIELDS_MISSING', ['id' => $id, 'txtAdjustment' => '1']],
            'shipping without lines' => ['MANDATORY_FIELDS_MISSING', ['id' => $id, 'shipping_&_handling' => '1']],
            'a total without lines' => ['MANDATORY_FIELDS_MISSING', ['id' => $id, 'total' => '1']],
            'no subject' => ['MANDATORY_FIELDS_MISSING', ['subject' => '', 'LineItems' => [order_line($a, '1', '1')]]],
            'wrong reference' => ['REFERENCE_INVALID', ['account_id' => '14x' . $a, 'LineItems' => [order_line($a, '1', '1')]]],
            'another module\'s id' => ['INVALID_ID_ATTRIBUTE', ['id' => '11x' . $other, 'subject' => 'x']],
            'a missing order' => ['INVALID_ID_ATTRIBUTE', ['id' => '6x99999', 'subject' => 'x']],
            'rewriting with a missing product' => ['RECORD_NOT_FOUND', ['id' => $id, 'LineItems' => [order_line($a, '9', '1'), order_line(99999, '1', '1')]]],
            'a strange kind of tax' => ['MANDATORY_FIELDS_MISSING', ['hdnTaxType' => 'none', 'LineItems' => [order_line($a, '1', '1')]]],
        ];
        foreach ($cases as $name => $case) {
            $element = isset($case[1]['id']) ? $case[1] : $case[1] + $good;
            same($case[0], fault(function () use ($element) {
                order_save($element);
            }), $name);
            same($before, order_tables(), $name . ' leaves nothing');
        }
        same('MANDATORY_FIELDS_MISSING', fault(function () {
            woovtigersync_save_order('text', $GLOBALS['current_user']);
        }), 'no object');
    },
    'a fault of another handler leaves nothing' => function () {
        Lab::start();
        $a = Lab::product('10');
        $order = order_save(order_element(['LineItems' => [order_line($a, '2', '10')]]));
        Lab::exec('UPDATE vtiger_inventoryproductrel SET incrementondel = 1');
        Lab::endRequest();
        $good = order_element(['LineItems' => [order_line($a, '1', '1')]]);
        $before = order_tables();
        LabBoom::register(true);
        $log = ini_set('error_log', '/dev/null');
        same('INTERNAL_SERVER_ERROR', fault(function () use ($good) {
            order_save($good);
        }), 'create');
        same(1, count(LabBoom::$seen), 'it was called');
        same($before, order_tables(), 'create leaves nothing');
        same('INTERNAL_SERVER_ERROR', fault(function () use ($order, $a) {
            order_save(['id' => $order['id'], 'LineItems' => [order_line($a, '7', '1')]]);
        }), 'rewrite');
        ini_set('error_log', (string) $log);
        same($before, order_tables(), 'rewrite leaves nothing, also no stock given back');
        same([], Lab::endRequest(), 'no callback');
    },
    'when the database ends the transaction on its own, nothing is left either' => function () {
        Lab::start();
        $a = Lab::product('10');
        $good = order_element(['LineItems' => [order_line($a, '1', '1')]]);
        $log = ini_set('error_log', '/dev/null');
        $cases = ['before the header, for ever' => ['vtiger.entity.beforesave.final', 99], 'in a workflow' => ['vtiger.entity.aftersave', 1]];
        foreach ($cases as $what => $case) {
            $before = order_tables();
            Lab::exec('DELETE FROM vtiger_eventhandlers WHERE handler_class = ?', ['LabDeadlock']);
            (new VTEventsManager(PearDatabase::getInstance()))->registerHandler($case[0], 'none', 'LabDeadlock');
            LabDeadlock::$times = $case[1];
            same('DATABASE_QUERY_ERROR', fault(function () use ($good) {
                order_save($good);
            }), $what);
            same($before, order_tables(), $what . ' leaves nothing');
        }
        same(0, LabDeadlock::$times, 'workflows run once');
        Lab::exec('DELETE FROM vtiger_eventhandlers WHERE handler_class = ?', ['LabDeadlock']);
        (new VTEventsManager(PearDatabase::getInstance()))->registerHandler('vtiger.entity.beforesave.final', 'none', 'LabDeadlock');
        LabDeadlock::$times = 2;
        money('1.00000000', order_save($good)['total'], 'twice in the way, then written');
        same(1, (int) Lab::value('SELECT COUNT(*) FROM vtiger_salesorder'), 'one order');
        same(1, count(Lab::endRequest()), 'one callback');
        ini_set('error_log', (string) $log);
    },
    'who may not, does not' => function () {
        Lab::start();
        $a = Lab::product();
        $order = order_save(order_element(['LineItems' => [order_line($a, '2', '10')]]));
        $good = order_element(['LineItems' => [order_line($a, '1', '1')]]);
        $before = order_tables();
        Lab::$access = false;
        same('ACCESS_DENIED', fault(function () use ($good) {
            order_save($good);
        }), 'create');
        same('ACCESS_DENIED', fault(function () use ($order) {
            order_save(['id' => $order['id'], 'subject' => 'x']);
        }), 'change');
        Lab::$access = true;
        Lab::$types = ['Contacts', 'Products', 'Accounts'];
        same('ACCESS_DENIED', fault(function () use ($good) {
            order_save($good);
        }), 'no module');
        Lab::$types = ['SalesOrder', 'Accounts'];
        same('ACCESS_DENIED', fault(function () use ($good) {
            order_save($good);
        }), 'no products');
        same($before, order_tables(), 'nothing is written');
    },
    'a deleted product that is on the order already may stay' => function () {
        Lab::start();
        $a = Lab::product();
        $order = order_save(order_element(['LineItems' => [order_line($a, '2', '10')]]));
        Lab::exec('UPDATE vtiger_crmentity SET deleted = 1 WHERE crmid = ?', [$a]);
        money('30.00000000', order_save(['id' => $order['id'], 'LineItems' => [order_line($a, '3', '10')]])['total'], 'rewritten');
    },
    'an order that took long gets the time of its end' => function () {
        Lab::start();
        $a = Lab::product();
        Lab::$clock = time() - 5;
        $order = order_save(order_element(['LineItems' => [order_line($a, '2', '10')]]));
        $time = Lab::value('SELECT modifiedtime FROM vtiger_crmentity WHERE crmid = ?', [explode('x', $order['id'])[1]]);
        yes($time >= date('Y-m-d H:i:s', time() - 2), 'time of the record');
        same($time, Lab::endRequest()[0]['data']['modifiedtime'], 'time that is announced');
    },
];
