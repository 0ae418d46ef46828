<?php

/**
 * Times in Vtiger's database are texts in the server's time zone ($default_timezone of config.inc.php), whoever is logged in.
 */
class WooVtigerSync_Time
{
    public static function zone(): DateTimeZone
    {
        $name = isset($GLOBALS['default_timezone']) ? (string) $GLOBALS['default_timezone'] : '';
        if ($name === '') {
            $name = date_default_timezone_get();
        }
        try {
            return new DateTimeZone($name);
        } catch (Exception $e) {
            return new DateTimeZone(date_default_timezone_get());
        }
    }

    public static function text(int $epoch): string
    {
        return (new DateTime('@' . $epoch))->setTimezone(self::zone())->format('Y-m-d H:i:s');
    }

    /** The latest time that was shown up to now: after daylight saving has ended, the hour before seems to be yet to come. */
    public static function latest(int $now): string
    {
        $latest = self::text($now);
        foreach (array_slice(self::zone()->getTransitions($now - 7200, $now + 1) ?: [], 1) as $change) {
            $latest = max($latest, self::text($change['ts'] - 1));
        }

        return $latest;
    }

    /** @param mixed $text */
    public static function epoch($text): int
    {
        $time = DateTime::createFromFormat('!Y-m-d H:i:s', substr((string) $text, 0, 19), self::zone());

        return $time ? $time->getTimestamp() : 0;
    }
}
