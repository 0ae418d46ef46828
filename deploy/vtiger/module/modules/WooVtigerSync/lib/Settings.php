<?php

/**
 * The settings of the module: where callbacks go, the secret they are signed with, and for which modules.
 */
class WooVtigerSync_Settings
{
    const TABLE = 'woovtigersync_settings';

    /** Modules that can be announced. */
    const MODULES = ['Contacts', 'Accounts', 'Products', 'SalesOrder'];

    /** @var array<string, string>|null */
    private static $values = null;

    /** @return array<string, string> */
    private static function all(): array
    {
        if (self::$values === null) {
            self::$values = [];
            foreach (WooVtigerSync_Db::rows('SELECT name, value FROM ' . self::TABLE) as $row) {
                self::$values[$row['name']] = (string) $row['value'];
            }
        }

        return self::$values;
    }

    public static function get(string $name, string $default = ''): string
    {
        $all = self::all();

        return isset($all[$name]) ? $all[$name] : $default;
    }

    public static function set(string $name, string $value): void
    {
        WooVtigerSync_Db::upsert(self::TABLE, ['name' => $name, 'value' => $value], ['name']);
        self::forget();
    }

    /** Settings are read once in a request. */
    public static function forget(): void
    {
        self::$values = null;
    }

    public static function url(): string
    {
        return self::get('url');
    }

    public static function secret(): string
    {
        return self::get('secret');
    }

    /** @return string[] */
    public static function modules(): array
    {
        $modules = json_decode(self::get('modules'), true);
        if (!is_array($modules)) {
            return self::MODULES;
        }

        return array_values(array_intersect(self::MODULES, $modules));
    }

    /** Is anything announced at all? */
    public static function active(): bool
    {
        return self::url() !== '' && self::secret() !== '';
    }

    /**
     * Takes the address over. When it is set for the first time, all that was before is known and not announced.
     *
     * @throws InvalidArgumentException
     */
    public static function setUrl(string $url): void
    {
        $url = trim($url);
        if ($url !== '') {
            $parts = parse_url($url);
            $scheme = is_array($parts) && isset($parts['scheme']) ? strtolower($parts['scheme']) : '';
            if (!in_array($scheme, ['http', 'https'], true) || empty($parts['host']) || preg_match('/[\s\x00-\x1f]/', $url)) {
                throw new InvalidArgumentException('LBL_URL_INVALID');
            }
        }
        $before = self::url();
        self::set('url', $url);
        if ($before === '' && $url !== '') {
            WooVtigerSync_Stock::remember();
            WooVtigerSync_Sweep::start();
        }
    }

    /** @throws InvalidArgumentException */
    public static function setSecret(string $secret): void
    {
        if (strlen($secret) < 16) {
            throw new InvalidArgumentException('LBL_SECRET_SHORT');
        }
        self::set('secret', $secret);
    }

    /** Makes a new secret and gives it back: it is not shown later. */
    public static function newSecret(): string
    {
        $secret = bin2hex(random_bytes(32));
        self::setSecret($secret);

        return $secret;
    }

    /** @param string[] $modules */
    public static function setModules(array $modules): void
    {
        self::set('modules', json_encode(array_values(array_intersect(self::MODULES, $modules))));
    }
}
