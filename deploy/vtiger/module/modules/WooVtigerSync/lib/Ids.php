<?php

/**
 * Webservice ids: "12x34" is record 34 of the entity type 12.
 */
class WooVtigerSync_Ids
{
    /** @var array<string, string>|null entity name => type */
    private static $types = null;

    public static function type(string $entity): string
    {
        if (self::$types === null) {
            self::$types = [];
            foreach (WooVtigerSync_Db::rows('SELECT id, name FROM vtiger_ws_entity') as $row) {
                self::$types[$row['name']] = (string) $row['id'];
            }
        }

        return isset(self::$types[$entity]) ? self::$types[$entity] : '';
    }

    /** @param int|string $id */
    public static function make(string $entity, $id): string
    {
        return self::type($entity) . 'x' . $id;
    }

    /**
     * @param mixed $id
     * @return array{0: string, 1: int}|null type and record
     */
    public static function parse($id)
    {
        if (!is_string($id) || !preg_match('/^([0-9]{1,9})x([0-9]{1,10})$/', $id, $parts)) {
            return null;
        }

        return [$parts[1], (int) $parts[2]];
    }

    public static function forget(): void
    {
        self::$types = null;
    }
}
