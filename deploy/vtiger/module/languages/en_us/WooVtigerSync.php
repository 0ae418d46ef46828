<?php

$languageStrings = [
    'WooVtigerSync' => 'WooCommerce Sync',
    'WooCommerce Sync' => 'WooCommerce Sync',
    'LBL_WOOVTIGERSYNC_DESCRIPTION' => 'Keeps WooCommerce and Vtiger in step',
];
