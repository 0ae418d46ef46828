<?php

/**
 * Makes the exceptions that Vtiger's webservice turns into error answers, with Vtiger's own codes.
 */
class WooVtigerSync_Fault
{
    public static function denied(string $message = 'Permission to perform the operation is denied'): WebServiceException
    {
        return new WebServiceException(WebServiceErrorCode::$ACCESSDENIED, $message);
    }

    public static function id(string $message = 'Id specified is incorrect'): WebServiceException
    {
        return new WebServiceException(WebServiceErrorCode::$INVALIDID, $message);
    }

    public static function missing(string $message): WebServiceException
    {
        return new WebServiceException(WebServiceErrorCode::$MANDFIELDSMISSING, $message);
    }

    public static function reference(string $message): WebServiceException
    {
        return new WebServiceException(WebServiceErrorCode::$REFERENCEINVALID, $message);
    }

    public static function notFound(string $message = 'Record you are trying to access is not found'): WebServiceException
    {
        return new WebServiceException(WebServiceErrorCode::$RECORDNOTFOUND, $message);
    }

    public static function database(string $message = 'Database error while performing required operation'): WebServiceException
    {
        return new WebServiceException(WebServiceErrorCode::$DATABASEQUERYERROR, $message);
    }

    public static function internal(string $message): WebServiceException
    {
        return new WebServiceException(WebServiceErrorCode::$INTERNALERROR, $message);
    }
}
