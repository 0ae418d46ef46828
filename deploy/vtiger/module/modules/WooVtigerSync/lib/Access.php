<?php

/**
 * What a user of the webservice may do: the questions that Vtiger's create and revise ask, asked of the same places.
 */
class WooVtigerSync_Access
{
    /** @var Users */
    private $user;

    /** @var string[]|null */
    private $types = null;

    public function __construct($user)
    {
        $this->user = $user;
    }

    /** Modules that the user may see in the webservice. */
    public function types(): array
    {
        if ($this->types === null) {
            $list = vtws_listtypes(null, $this->user);
            $this->types = $list['types'];
        }

        return $this->types;
    }

    public function demandType(string $module): void
    {
        if (!in_array($module, $this->types(), true)) {
            throw WooVtigerSync_Fault::denied();
        }
    }

    public function demandAdmin(): void
    {
        if (!is_admin($this->user)) {
            throw WooVtigerSync_Fault::denied();
        }
    }

    /** What Vtiger knows of a module for this user. */
    public function meta(string $module)
    {
        return vtws_getModuleHandlerFromName($module, $this->user)->getMeta();
    }

    public function demandCreate($meta): void
    {
        if ($meta->hasCreateAccess() !== true) {
            throw WooVtigerSync_Fault::denied('Permission to write is denied');
        }
    }

    public function demandWrite($meta, string $module, string $id): void
    {
        $this->demandRecord($meta, $module, $id, EntityMeta::$UPDATE);
        if ($meta->hasWriteAccess() !== true) {
            throw WooVtigerSync_Fault::denied('Permission to write is denied');
        }
    }

    public function demandDelete($meta, string $module, string $id): void
    {
        $this->demandRecord($meta, $module, $id, EntityMeta::$DELETE);
        if ($meta->hasDeleteAccess() !== true) {
            throw WooVtigerSync_Fault::denied('Permission to delete is denied');
        }
    }

    private function demandRecord($meta, string $module, string $id, string $operation): void
    {
        if ($meta->getObjectEntityName($id) !== $module) {
            throw WooVtigerSync_Fault::id();
        }
        $parts = WooVtigerSync_Ids::parse($id);
        if (!$meta->exists($parts[1])) {
            throw WooVtigerSync_Fault::notFound();
        }
        if (!$meta->hasPermission($operation, $id)) {
            throw WooVtigerSync_Fault::denied('Permission to read given object is denied');
        }
    }

    /**
     * Checks the references and owners of a record that is to be written, and that what must be there is there.
     *
     * @param array<string, mixed> $element
     * @return array<string, mixed> without the references that are empty on a create
     */
    public function checkFields($meta, array $element, bool $create): array
    {
        foreach ($meta->getReferenceFieldDetails() as $field => $modules) {
            if (!array_key_exists($field, $element)) {
                continue;
            }
            if ($element[$field] === null || $element[$field] === '') {
                if ($create) {
                    unset($element[$field]);
                }
                continue;
            }
            $this->checkReference($meta, (string) $field, $element[$field], $modules);
        }
        if ($create) {
            $meta->hasMandatoryFields($element);
        } else {
            $meta->isUpdateMandatoryFields($element);
        }
        foreach ((array) $meta->getOwnerFields() as $field) {
            if (isset($element[$field])) {
                if (WooVtigerSync_Ids::parse($element[$field]) === null) {
                    throw WooVtigerSync_Fault::id();
                }
                if (!$meta->hasAssignPrivilege($element[$field])) {
                    throw WooVtigerSync_Fault::denied('Cannot assign record to the given user');
                }
            }
        }

        return $element;
    }

    private function checkReference($meta, string $field, $id, array $modules): void
    {
        $parts = WooVtigerSync_Ids::parse($id);
        if ($parts === null) {
            throw WooVtigerSync_Fault::id();
        }
        $entity = VtigerWebserviceObject::fromId(PearDatabase::getInstance(), $parts[0])->getEntityName();
        if (!in_array($entity, $modules, true)) {
            throw WooVtigerSync_Fault::reference('Invalid reference specified for ' . $field);
        }
        if ($entity === 'Users') {
            if (!$meta->hasAssignPrivilege($id)) {
                throw WooVtigerSync_Fault::denied('Cannot assign record to the given user');
            }
        } elseif (!in_array($entity, $this->types(), true)) {
            throw WooVtigerSync_Fault::denied('Permission to access reference type is denied ' . $entity);
        }
    }

    /**
     * The record of a line's product or service.
     *
     * @param mixed $id
     * @param int[] $known records that are on the order already: they may be deleted meanwhile
     */
    public function lineProduct($id, array $known): int
    {
        $parts = WooVtigerSync_Ids::parse($id);
        if ($parts === null) {
            throw WooVtigerSync_Fault::id();
        }
        $entity = null;
        foreach (['Products', 'Services'] as $module) {
            if ($parts[0] === WooVtigerSync_Ids::type($module)) {
                $entity = $module;
            }
        }
        if ($entity === null) {
            throw WooVtigerSync_Fault::reference('Invalid reference specified for productid');
        }
        $this->demandType($entity);
        $row = WooVtigerSync_Db::row('SELECT setype, deleted FROM vtiger_crmentity WHERE crmid = ?', [$parts[1]]);
        if ($row === null || $row['setype'] !== $entity) {
            throw WooVtigerSync_Fault::notFound('No such product: ' . $id);
        }
        if (in_array($parts[1], $known, true)) {
            return $parts[1];
        }
        if ((int) $row['deleted'] !== 0) {
            throw WooVtigerSync_Fault::notFound('No such product: ' . $id);
        }
        if (isPermitted($entity, 'DetailView', $parts[1]) !== 'yes') {
            throw WooVtigerSync_Fault::denied('Permission to read given object is denied');
        }

        return $parts[1];
    }
}
