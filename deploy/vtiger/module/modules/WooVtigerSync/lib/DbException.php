<?php

/** A statement that the database refused. */
class WooVtigerSync_DbException extends RuntimeException
{
    const TRANSACTION_GONE = 'The database has ended the transaction';

    /** Did the database refuse it because others were in the way? */
    public function isDeadlock(): bool
    {
        return $this->getMessage() === self::TRANSACTION_GONE || stripos($this->getMessage(), 'deadlock') !== false
            || stripos($this->getMessage(), 'lock wait timeout') !== false;
    }
}
