<?php

/**
 * The PHP request that is running: who started it, and what is to be done when it ends.
 */
class WooVtigerSync_Request
{
    /** @var string|null */
    private static $id = null;

    /** @var bool */
    private static $registered = false;

    /** @var bool */
    private static $stock = false;

    /** A name that no other request has. */
    public static function id(): string
    {
        if (self::$id === null) {
            self::$id = bin2hex(random_bytes(8));
        }

        return self::$id;
    }

    /** @return string webservice, cron or person */
    public static function origin(): string
    {
        $script = isset($_SERVER['SCRIPT_NAME']) ? basename((string) $_SERVER['SCRIPT_NAME']) : '';
        if ($script === 'webservice.php') {
            return 'webservice';
        }
        if ($script === 'vtigercron.php' || PHP_SAPI === 'cli') {
            return 'cron';
        }

        return 'person';
    }

    /** Something was written to the outbox: it is sent when the request has ended. */
    public static function touched(): void
    {
        self::register();
    }

    /** Stock may have moved: it is looked at when the request has ended, since Vtiger moves it before, between and after its events. */
    public static function stockMayHaveMoved(): void
    {
        self::$stock = true;
        self::register();
    }

    private static function register(): void
    {
        if (self::$registered) {
            return;
        }
        self::$registered = true;
        // What the end of the request needs is loaded now: its working directory may be another one by then.
        class_exists('WooVtigerSync_Outbox');
        class_exists('WooVtigerSync_Sender');
        class_exists('WooVtigerSync_Stock');
        class_exists('WooVtigerSync_Time');
        // Registered anew from within, so that it runs behind what others have registered meanwhile.
        register_shutdown_function(
            function () {
                register_shutdown_function([__CLASS__, 'end']);
            }
        );
    }

    /** Ends the response and then sends; without fastcgi_finish_request, or when the server is slow, Vtiger's cron does. */
    public static function end(): void
    {
        try {
            $finish = function_exists('fastcgi_finish_request');
            if ($finish) {
                if (session_status() === PHP_SESSION_ACTIVE) {
                    session_write_close();
                }
                fastcgi_finish_request();
            }
            self::finish($finish || self::origin() === 'cron');
        } catch (\Throwable $e) {
            self::complain($e);
        }
    }

    /** The work that is left when a request has ended. */
    public static function finish(bool $send): void
    {
        if (self::$stock) {
            self::$stock = false;
            WooVtigerSync_Stock::announce();
        }
        WooVtigerSync_Outbox::release(self::id());
        if ($send) {
            (new WooVtigerSync_Sender())->sendFresh();
        }
    }

    /** A fault of ours goes to PHP's log, never to the page. */
    public static function complain(\Throwable $e): void
    {
        @error_log('WooVtigerSync: ' . get_class($e) . ': ' . $e->getMessage() . ' at ' . basename($e->getFile()) . ':' . $e->getLine());
    }

    /** For tests: the next call is in another request. */
    public static function forget(): void
    {
        self::$id = null;
        self::$stock = false;
    }
}
