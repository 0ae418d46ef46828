<?php

/* Stand-ins of Vtiger's events (include/events), as of 8.3.0. */

abstract class VTEventHandler
{
    abstract public function handleEvent($name, $data);
}

class VTEventsManager
{
    private $adb;

    public function __construct($adb)
    {
        $this->adb = $adb;
    }

    public function registerHandler($forEvent, $path, $className, $condition = '', $depedentOn = '[]')
    {
        $known = $this->adb->pquery(
            'SELECT 1 FROM vtiger_eventhandlers WHERE event_name = ? AND handler_path = ? AND handler_class = ?',
            [$forEvent, $path, $className]
        );
        if ($this->adb->num_rows($known) === 0) {
            $this->adb->pquery(
                'INSERT INTO vtiger_eventhandlers (eventhandler_id, event_name, handler_path, handler_class, cond, is_active, dependent_on)'
                . ' VALUES (?, ?, ?, ?, ?, 1, ?)',
                [$this->adb->getUniqueID('vtiger_eventhandlers'), $forEvent, $path, $className, $condition, $depedentOn]
            );
        }
    }

    public function unregisterHandler($className)
    {
        $this->adb->pquery('DELETE FROM vtiger_eventhandlers WHERE handler_class = ?', [$className]);
        $this->adb->pquery('DELETE FROM vtiger_eventhandler_module WHERE handler_class = ?', [$className]);
    }

    public function setHandlerActive($handlerClass)
    {
        $this->adb->pquery('UPDATE vtiger_eventhandlers SET is_active = 1 WHERE handler_class = ?', [$handlerClass]);
    }

    public function setModuleForHandler($moduleName, $handlerClass)
    {
        $this->adb->pquery('DELETE FROM vtiger_eventhandler_module WHERE handler_class = ?', [$handlerClass]);
        $this->adb->pquery('INSERT INTO vtiger_eventhandler_module VALUES (?, ?)', [$moduleName, $handlerClass]);
    }

    public function initTriggerCache($for = false, $force = false)
    {
    }

    public function triggerEvent($triggerName, $data)
    {
        Lab::$events[] = $triggerName;
        $result = $this->adb->pquery(
            'SELECT handler_path, handler_class FROM vtiger_eventhandlers WHERE event_name = ? AND is_active = 1 ORDER BY eventhandler_id',
            [$triggerName]
        );
        while ($row = $this->adb->fetchByAssoc($result, -1, false)) {
            if (!class_exists($row['handler_class'])) {
                require_once Lab::MODULE . '/' . $row['handler_path'];
            }
            (new $row['handler_class']())->handleEvent($triggerName, $data);
        }
    }
}

class VTEntityData
{
    public $focus;
    private $isNew = false;

    public static function fromCRMEntity($crmEntity)
    {
        $data = new self();
        $data->focus = $crmEntity;
        $data->isNew = !(isset($crmEntity->id) && $crmEntity->id != null);

        return $data;
    }

    public function getData()
    {
        return $this->focus->column_fields;
    }

    public function getId()
    {
        return $this->focus->id;
    }

    public function getModuleName()
    {
        return get_class($this->focus) === 'CRMEntity' ? $this->focus->moduleName : get_class($this->focus);
    }

    public function get($fieldName)
    {
        return $this->focus->column_fields[$fieldName];
    }

    public function isNew()
    {
        return $this->isNew;
    }
}
