<?php

/*
 * The cron task of the module: finds what no event told, and sends what is due.
 */
require_once dirname(__DIR__) . '/lib/bootstrap.php';

try {
    WooVtigerSync_Sweep::run();
    WooVtigerSync_Stock::announce();
    WooVtigerSync_Outbox::release(WooVtigerSync_Request::id());
    (new WooVtigerSync_Sender())->sendDue();
    WooVtigerSync_Outbox::clean();
} catch (\Throwable $e) {
    WooVtigerSync_Request::complain($e);
}
