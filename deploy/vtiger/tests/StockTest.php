<?php

return [
    'stock that an invoice moves is announced once, without a writer' => function () {
        Lab::start(false);
        $a = Lab::product('5');
        $b = Lab::product('7');
        WooVtigerSync_Settings::setSecret('a secret of the tests');
        WooVtigerSync_Settings::setUrl('https://sync.example.com/');
        $invoice = Lab::entity('Invoice');
        Lab::exec('UPDATE vtiger_products SET qtyinstock = 4 WHERE productid = ?', [$a]);
        Lab::trigger('vtiger.entity.aftersave.final', 'Invoice', $invoice);
        $sent = Lab::endRequest();
        same(['updated 14x' . $a], Lab::told($sent), 'the moved one only');
        same(false, isset($sent[0]['data']['modifiedby']), 'no writer');
        Lab::trigger('vtiger.entity.aftersave.final', 'Invoice', $invoice);
        same([], Lab::endRequest(), 'not again');
        yes($b > 0, 'the other stayed');
    },
    'stock that moves after the event of the request is seen too' => function () {
        Lab::start();
        $a = Lab::product('5');
        WooVtigerSync_Stock::remember();
        Lab::trigger('vtiger.entity.aftersave.final', 'PurchaseOrder', Lab::entity('PurchaseOrder'));
        Lab::exec('UPDATE vtiger_products SET qtyinstock = 9 WHERE productid = ?', [$a]);
        same(['updated 14x' . $a], Lab::told(Lab::endRequest()), 'seen');
    },
    'a product that is saved is announced as saved, not also as moved' => function () {
        Lab::start();
        $a = Lab::product('5');
        WooVtigerSync_Stock::remember();
        Lab::exec('UPDATE vtiger_products SET qtyinstock = 9 WHERE productid = ?', [$a]);
        Lab::save('Products', $a);
        Lab::trigger('vtiger.entity.aftersave.final', 'Invoice', Lab::entity('Invoice'));
        same(['vtiger.entity.aftersave.final 14x' . $a], Lab::told(Lab::endRequest()), 'saved');
        same(0, WooVtigerSync_Stock::announce(), 'known');
    },
    'stock that moves after the save of its product does not hide the save' => function () {
        Lab::start();
        $a = Lab::product('5');
        WooVtigerSync_Stock::remember();
        Lab::save('Products', $a, 7);
        Lab::trigger('vtiger.entity.aftersave.final', 'Invoice', Lab::entity('Invoice'));
        Lab::exec('UPDATE vtiger_products SET qtyinstock = 9 WHERE productid = ?', [$a]);
        $sent = Lab::endRequest();
        same(['vtiger.entity.aftersave.final 14x' . $a], Lab::told($sent), 'the save');
        same('19x7', $sent[0]['data']['modifiedby'], 'and its writer');
    },
    'without an address stock is nobody\'s business' => function () {
        Lab::start(false);
        $a = Lab::product('5');
        WooVtigerSync_Stock::remember();
        Lab::exec('UPDATE vtiger_products SET qtyinstock = 9 WHERE productid = ?', [$a]);
        same(0, WooVtigerSync_Stock::announce(), 'not looked at');
        WooVtigerSync_Outbox::add('Products', $a, WooVtigerSync_Outbox::UPDATED);
        same(0, (int) Lab::value('SELECT COUNT(*) FROM woovtigersync_outbox'), 'not noted');
    },
    'deleted products are not announced' => function () {
        Lab::start();
        $a = Lab::product('5');
        WooVtigerSync_Stock::remember();
        Lab::exec('UPDATE vtiger_crmentity SET deleted = 1 WHERE crmid = ?', [$a]);
        Lab::exec('UPDATE vtiger_products SET qtyinstock = 9 WHERE productid = ?', [$a]);
        same(0, WooVtigerSync_Stock::announce(), 'deleted');
    },
];
