<?php

/** What of PHP 8 is in a source: it must run on 7.4. */
function php8_in(string $source): array
{
    $found = [];
    $functions = ['str_contains', 'str_starts_with', 'str_ends_with', 'get_debug_type', 'array_is_list', 'fdiv', 'get_resource_id', 'preg_last_error_msg',
        'enum_exists', 'array_find', 'array_any', 'array_all', 'json_validate', 'mb_str_pad', 'mb_trim'];
    $tokens = [];
    foreach (token_get_all($source) as $token) {
        if (!is_array($token)) {
            $tokens[] = [0, $token];
        } elseif (!in_array($token[0], [T_WHITESPACE, T_COMMENT, T_DOC_COMMENT], true)) {
            $tokens[] = [$token[0], $token[1]];
        } elseif ($token[0] === T_COMMENT && strpos($token[1], '#[') === 0) {
            $found[] = 'attribute';
        }
    }
    foreach (['T_MATCH' => 'match', 'T_ENUM' => 'enum', 'T_READONLY' => 'readonly', 'T_NULLSAFE_OBJECT_OPERATOR' => '?->', 'T_ATTRIBUTE' => 'attribute'] as $name => $what) {
        if (defined($name)) {
            foreach ($tokens as $token) {
                if ($token[0] === constant($name)) {
                    $found[] = $what;
                }
            }
        }
    }
    $count = count($tokens);
    $signature = false;
    $depth = 0;
    for ($i = 0; $i < $count; ++$i) {
        list($id, $text) = $tokens[$i];
        $next = isset($tokens[$i + 1]) ? $tokens[$i + 1][1] : '';
        $before = $i > 0 ? $tokens[$i - 1] : [0, ''];
        if ($id === T_STRING && in_array(strtolower($text), $functions, true) && $next === '(' && $before[0] !== T_OBJECT_OPERATOR) {
            $found[] = $text;
        }
        if ($id === T_STRING && $next === ':' && in_array($before[1], ['(', ','], true) && $tokens[$i + 2][1] !== ':') {
            $found[] = 'named argument';
        }
        if ($id === T_CATCH && $tokens[$i + 3][1] === ')') {
            $found[] = 'catch without a variable';
        }
        if ($id === T_THROW && !in_array($before[1], [';', '{', '}', ':', ')'], true) && $before[0] !== T_OPEN_TAG && $before[0] !== T_ELSE) {
            $found[] = 'throw as an expression';
        }
        if ($text === '...' && $next === ')') {
            $found[] = 'first-class callable';
        }
        if ($id === T_FUNCTION || $id === T_FN) {
            $signature = true;
            $depth = 0;
        }
        if (!$signature) {
            continue;
        }
        if ($text === '(') {
            ++$depth;
        } elseif ($text === ')') {
            --$depth;
            if ($before[1] === ',') {
                $found[] = 'comma behind the last parameter';
            }
        } elseif ($text === '{' || $text === ';' || $text === '=>') {
            $signature = false;
        } elseif (in_array($id, [T_PUBLIC, T_PROTECTED, T_PRIVATE], true) && $depth > 0) {
            $found[] = 'constructor promotion';
        } elseif ($text === '|' || ($id === T_NEW && $depth > 0)) {
            $found[] = $text === '|' ? 'union type' : 'new in a default';
        } elseif (in_array(strtolower($text), ['mixed', 'never', 'static', 'false', 'null'], true) && $before[1] === ':') {
            $found[] = 'type ' . $text;
        } elseif (strtolower($text) === 'mixed' && in_array($before[1], ['(', ','], true)) {
            $found[] = 'type mixed';
        }
    }

    return array_values(array_unique($found));
}

/** @return string[] */
function sources(string $folder): array
{
    $files = [];
    foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($folder, FilesystemIterator::SKIP_DOTS)) as $file) {
        if ($file->getExtension() === 'php' || $file->getBasename() === 'build') {
            $files[] = $file->getPathname();
        }
    }
    sort($files);

    return $files;
}

return [
    'all files are PHP' => function () {
        foreach (sources(dirname(__DIR__)) as $file) {
            exec(escapeshellarg(PHP_BINARY) . ' -l ' . escapeshellarg($file) . ' 2>&1', $output, $status);
            same(0, $status, $file . "\n" . implode("\n", $output));
        }
    },
    'PHP 7.4 runs them' => function () {
        foreach (sources(dirname(__DIR__)) as $file) {
            same([], php8_in((string) file_get_contents($file)), $file);
        }
    },
    'the check of that finds what it is to find' => function () {
        $bad = [
            'match' => '$a = match ($b) { 1 => 2 };',
            '?->' => '$a = $b?->c();',
            'named argument' => 'f(a: 1);',
            'str_contains' => 'str_contains($a, $b);',
            'constructor promotion' => 'class A { function __construct(private $a) {} }',
            'union type' => 'function f(int|string $a) {}',
            'comma behind the last parameter' => 'function f($a, $b,) {}',
            'catch without a variable' => 'try { f(); } catch (Exception) { g(); }',
            'throw as an expression' => '$a = $b ?? throw new Exception();',
            'type mixed' => 'function f(mixed $a) {}',
            'type static' => 'class A { function f(): static { return $this; } }',
            'attribute' => '#[Pure]' . "\n" . 'function f() {}',
            'first-class callable' => '$f = strlen(...);',
            'new in a default' => 'function f($a = new A()) {}',
        ];
        if (PHP_VERSION_ID < 80100) {
            // An older PHP does not know the words.
            unset($bad['match'], $bad['?->']);
        }
        foreach ($bad as $what => $code) {
            yes(in_array($what, php8_in("<?php\n" . $code), true), $what);
        }
        $good = '<?php if (!isset($a)) { throw new A(); } else throw new B(); $b = $c ? $d : $e; switch ($a) { case B: f(); } static function () use ($a): ?int { return $a | 1; };'
            . ' class A { public static function f(self $a, ?int $b = null): array { return [new B(), 1,]; } } f(A::B, ...$c); try { f(); } catch (A | B $e) { g(); }';
        same([], php8_in($good), 'and nothing else');
    },
    'they print nothing when they are loaded' => function () {
        foreach (sources(Lab::MODULE) as $file) {
            same('<?php', substr((string) file_get_contents($file), 0, 5), $file . ' begins');
            same(false, strpos((string) file_get_contents($file), '?>'), $file . ' has no end tag');
        }
    },
    'the zip is what the sources say, twice the same' => function () {
        $zips = [];
        foreach ([1, 2] as $n) {
            $file = $GLOBALS['lab_folder'] . '/' . $n . '.zip';
            exec(escapeshellarg(PHP_BINARY) . ' ' . escapeshellarg(dirname(__DIR__) . '/build') . ' ' . escapeshellarg($file) . ' 2>&1', $output, $status);
            same(0, $status, implode("\n", $output));
            $zips[] = (string) file_get_contents($file);
        }
        same(md5($zips[0]), md5($zips[1]), 'bytes');
        $zip = new ZipArchive();
        $zip->open($GLOBALS['lab_folder'] . '/1.zip');
        $manifest = simplexml_load_string((string) $zip->getFromName('manifest.xml'));
        same('WooVtigerSync', (string) $manifest->name, 'name');
        same('extension', (string) $manifest->type, 'type');
        yes((bool) preg_match('/^\d+\.\d+\.\d+/', (string) $manifest->version), 'version');
        yes(strpos((string) $zip->getFromName('modules/WooVtigerSync/lib/Version.php'), "'" . $manifest->version . "'") !== false, 'the same in the code');
        for ($i = 0; $i < $zip->numFiles; ++$i) {
            $name = $zip->getNameIndex($i);
            yes((bool) preg_match('#^(manifest\.xml|modules/WooVtigerSync/|settings/|languages/|layouts/)#', $name), $name . ' is where Vtiger unpacks');
            same(false, strpos((string) $zip->getFromIndex($i), '@VERSION@'), $name . ' has its version');
        }
        foreach (WooVtigerSync_Installer::OPERATIONS as $name => $operation) {
            yes(strpos((string) $zip->getFromName(WooVtigerSync_Installer::OPERATIONS_PATH), 'function ' . $name . '(') !== false, $name);
        }
        foreach ([WooVtigerSync_Installer::HANDLER_PATH, WooVtigerSync_Installer::CRON_PATH] as $path) {
            yes($zip->locateName($path) !== false, $path);
        }
    },
    'every text of the settings page has words' => function () {
        $languageStrings = [];
        require Lab::MODULE . '/languages/en_us/Settings/WooVtigerSync.php';
        $used = (string) file_get_contents(Lab::MODULE . '/layouts/v7/modules/Settings/WooVtigerSync/Index.tpl');
        foreach (sources(Lab::MODULE) as $file) {
            $used .= strpos($file, 'Installer') === false ? (string) file_get_contents($file) : '';
        }
        preg_match_all("/'(LBL_[A-Z_]+)'/", $used, $found);
        yes(count(array_unique($found[1])) > 20, 'texts are found');
        foreach (array_unique($found[1]) as $label) {
            yes(isset($languageStrings[$label]), $label);
        }
    },
];
