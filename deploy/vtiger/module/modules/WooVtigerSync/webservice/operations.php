<?php

/*
 * The webservice operations. Vtiger gives the arguments by name on PHP 8: they are called as the parameters are.
 */
require_once dirname(__DIR__) . '/lib/bootstrap.php';
require_once 'include/Webservices/Utils.php';
require_once 'include/Webservices/ModuleTypes.php';
require_once 'include/Webservices/EntityMeta.php';
require_once 'include/Webservices/VtigerWebserviceObject.php';
require_once 'include/Webservices/VtigerCRMObject.php';
require_once 'include/Webservices/VtigerCRMObjectMeta.php';
require_once 'include/Webservices/DataTransform.php';
require_once 'include/Webservices/WebServiceError.php';
require_once 'include/Webservices/Retrieve.php';
require_once 'data/CRMEntity.php';
require_once 'include/utils/utils.php';
require_once 'include/utils/InventoryUtils.php';

/**
 * Runs an operation: what is not one of Vtiger's own errors becomes one, with the fault in PHP's log. (PHP's errors would end in an empty
 * answer of status 500.)
 *
 * @return mixed
 */
function woovtigersync_run(callable $operation)
{
    try {
        return $operation();
    } catch (WebServiceException $e) {
        throw $e;
    } catch (WooVtigerSync_DbException $e) {
        WooVtigerSync_Request::complain($e);
        throw WooVtigerSync_Fault::database();
    } catch (\Throwable $e) {
        WooVtigerSync_Request::complain($e);
        throw WooVtigerSync_Fault::internal('Unknown Error while processing request');
    }
}

function woovtigersync_capabilities($user)
{
    return woovtigersync_run(
        function () use ($user) {
            $now = time();
            $names = array_keys(WooVtigerSync_Installer::OPERATIONS);

            return [
                'extension' => WooVtigerSync_Version::NUMBER,
                'protocol' => WooVtigerSync_Version::PROTOCOL,
                'vtiger' => (string) vtws_getVtigerVersion(),
                'php' => PHP_VERSION,
                'time_zone' => WooVtigerSync_Time::zone()->getName(),
                'now' => $now,
                'now_text' => WooVtigerSync_Time::text($now),
                'user' => WooVtigerSync_Ids::make('Users', $user->id),
                'is_admin' => (bool) is_admin($user),
                'operations' => $names,
                'callbacks' => [
                    'url' => WooVtigerSync_Settings::active(),
                    'modules' => WooVtigerSync_Settings::modules(),
                ] + WooVtigerSync_Outbox::counts(),
            ];
        }
    );
}

function woovtigersync_save_order($element, $user)
{
    return woovtigersync_run(
        function () use ($element, $user) {
            return vtws_retrieve((new WooVtigerSync_OrderSave($user))->save($element), $user);
        }
    );
}

function woovtigersync_delete_order($id, $user)
{
    return woovtigersync_run(
        function () use ($id, $user) {
            (new WooVtigerSync_OrderDelete($user))->delete($id);

            return ['status' => 'successful'];
        }
    );
}

function woovtigersync_changes($module, $cursor, $limit, $user)
{
    return woovtigersync_run(
        function () use ($module, $cursor, $limit, $user) {
            return (new WooVtigerSync_Changes(new WooVtigerSync_Access($user)))->read((string) $module, (string) $cursor, (string) $limit);
        }
    );
}

function woovtigersync_taxes($user)
{
    return woovtigersync_run(
        function () use ($user) {
            return (new WooVtigerSync_Taxes(new WooVtigerSync_Access($user)))->all();
        }
    );
}

function woovtigersync_save_tax($element, $user)
{
    return woovtigersync_run(
        function () use ($element, $user) {
            return (new WooVtigerSync_Taxes(new WooVtigerSync_Access($user)))->save($element);
        }
    );
}

function woovtigersync_charges($user)
{
    return woovtigersync_run(
        function () use ($user) {
            return (new WooVtigerSync_Charges(new WooVtigerSync_Access($user)))->all();
        }
    );
}

function woovtigersync_save_charge($element, $user)
{
    return woovtigersync_run(
        function () use ($element, $user) {
            return (new WooVtigerSync_Charges(new WooVtigerSync_Access($user)))->save($element);
        }
    );
}
