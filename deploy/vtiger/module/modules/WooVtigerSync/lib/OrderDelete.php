<?php

/**
 * Moves an order to the recycle bin as Vtiger's pages do. On PHP 8, Vtiger's own `delete` takes the lines off an order with individual
 * taxes, fails at reckoning what is left, and leaves the rest where it was.
 */
class WooVtigerSync_OrderDelete
{
    const MODULE = 'SalesOrder';

    /** @var WooVtigerSync_Access */
    private $access;

    public function __construct($user)
    {
        $this->access = new WooVtigerSync_Access($user);
    }

    /** @param mixed $id the order's webservice id */
    public function delete($id): void
    {
        $this->access->demandType(self::MODULE);
        $parts = WooVtigerSync_Ids::parse($id);
        if ($parts === null || $parts[0] !== WooVtigerSync_Ids::type(self::MODULE)) {
            throw WooVtigerSync_Fault::id();
        }
        $this->access->demandDelete($this->access->meta(self::MODULE), self::MODULE, $id);
        CRMEntity::getInstance(self::MODULE)->trash(self::MODULE, $parts[1]);
    }
}
