<?php

/* Stand-ins of Vtiger's webservice (include/Webservices), as of 8.3.0. */

class WebServiceException extends Exception
{
    public $code;

    public function __construct($errCode, $msg)
    {
        parent::__construct($msg);
        $this->code = $errCode;
    }
}

class WebServiceErrorCode
{
    public static $ACCESSDENIED = 'ACCESS_DENIED';
    public static $INVALIDID = 'INVALID_ID_ATTRIBUTE';
    public static $MANDFIELDSMISSING = 'MANDATORY_FIELDS_MISSING';
    public static $REFERENCEINVALID = 'REFERENCE_INVALID';
    public static $RECORDNOTFOUND = 'RECORD_NOT_FOUND';
    public static $DATABASEQUERYERROR = 'DATABASE_QUERY_ERROR';
    public static $INTERNALERROR = 'INTERNAL_SERVER_ERROR';
}

class EntityMeta
{
    public static $RETRIEVE = 'DetailView';
    public static $UPDATE = 'EditView';
    public static $DELETE = 'Delete';

    private $module;

    public function __construct($module)
    {
        $this->module = $module;
    }

    public function hasCreateAccess()
    {
        return Lab::$access;
    }

    public function hasWriteAccess()
    {
        return Lab::$access;
    }

    public function hasDeleteAccess()
    {
        return Lab::$access;
    }

    public function hasPermission($operation, $webserviceId)
    {
        return Lab::$access;
    }

    public function hasAssignPrivilege($ownerWebserviceId)
    {
        return true;
    }

    public function exists($recordId)
    {
        return Lab::row('SELECT 1 FROM vtiger_crmentity WHERE crmid = ? AND deleted = 0', [$recordId]) !== null;
    }

    public function getObjectEntityName($webserviceId)
    {
        return Lab::value('SELECT setype FROM vtiger_crmentity WHERE deleted = 0 AND crmid = ?', [explode('x', $webserviceId)[1]]);
    }

    public function getReferenceFieldDetails()
    {
        return ['account_id' => ['Accounts']];
    }

    public function getOwnerFields()
    {
        return ['assigned_user_id'];
    }

    public function hasMandatoryFields($row)
    {
        foreach (['subject', 'account_id', 'assigned_user_id', 'productid'] as $field) {
            if (!isset($row[$field]) || $row[$field] === '') {
                throw new WebServiceException(WebServiceErrorCode::$MANDFIELDSMISSING, $field . ' does not have a value');
            }
        }

        return true;
    }

    public function isUpdateMandatoryFields($element)
    {
        if (array_key_exists('subject', $element) && (string) $element['subject'] === '') {
            throw new WebServiceException(WebServiceErrorCode::$MANDFIELDSMISSING, 'subject does not have a value');
        }

        return true;
    }

    public function getFieldColumnMapping()
    {
        return SalesOrder::COLUMNS;
    }

    public function getColumnTableMapping()
    {
        return array_fill_keys(array_values(SalesOrder::COLUMNS), 'vtiger_salesorder');
    }

    public function getModuleFields()
    {
        return ['salescommission' => new StandinField('salescommission')];
    }
}

class StandinField
{
    private $column;

    public function __construct($column)
    {
        $this->column = $column;
    }

    public function getColumnName()
    {
        return $this->column;
    }

    public function getFieldDataType()
    {
        return 'double';
    }
}

class StandinOperation
{
    private $module;

    public function __construct($module)
    {
        $this->module = $module;
    }

    public function getMeta()
    {
        return new EntityMeta($this->module);
    }
}

class VtigerWebserviceObject
{
    private $name;

    public static function fromId($adb, $entityId)
    {
        $object = new self();
        $object->name = Lab::value('SELECT name FROM vtiger_ws_entity WHERE id = ?', [explode('x', $entityId)[0]]);

        return $object;
    }

    public function getEntityName()
    {
        return $this->name;
    }
}

class DataTransform
{
    public static function sanitizeForInsert($row, $meta)
    {
        foreach (['account_id', 'assigned_user_id'] as $field) {
            if (isset($row[$field])) {
                $row[$field] = explode('x', $row[$field])[1];
            }
        }
        $row['source'] = 'WEBSERVICE';

        return $row;
    }
}

function vtws_getModuleHandlerFromName($name, $user)
{
    return new StandinOperation($name);
}

function vtws_listtypes($fieldTypeList, $user)
{
    return ['types' => Lab::$types];
}

function vtws_retrieve($id, $user)
{
    return ['id' => $id] + (array) Lab::row('SELECT * FROM vtiger_salesorder WHERE salesorderid = ?', [explode('x', $id)[1]]);
}

function vtws_getVtigerVersion()
{
    return '8.3.0';
}

function vtws_addWebserviceOperation($name, $handlerFilePath, $handlerMethodName, $requestType, $preLogin = 0)
{
    $id = (int) Lab::value('SELECT MAX(operationid) FROM vtiger_ws_operation') + 1;
    Lab::exec('INSERT INTO vtiger_ws_operation VALUES (?, ?, ?, ?, ?, ?)', [$id, $name, $handlerFilePath, $handlerMethodName, $requestType, $preLogin]);

    return $id;
}

function vtws_addWebserviceOperationParam($operationId, $paramName, $paramType, $sequence)
{
    Lab::exec('INSERT INTO vtiger_ws_operation_parameters VALUES (?, ?, ?, ?)', [$operationId, $paramName, $paramType, $sequence]);

    return true;
}

function is_admin($user)
{
    return $user->is_admin === 'on';
}

function isPermitted($module, $actionname, $record_id = '')
{
    return Lab::$access ? 'yes' : 'no';
}

function getTabid($module)
{
    return 22;
}

function decode_html($str)
{
    return html_entity_decode((string) $str, ENT_QUOTES, 'UTF-8');
}
