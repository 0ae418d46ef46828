<?php

/**
 * Signs callbacks and sends them.
 */
class WooVtigerSync_Sender
{
    const CONNECT_SECONDS = 2;
    const TOTAL_SECONDS = 10;

    /** How much is sent at the end of a request, and for how long; the cron does the rest. */
    const REQUEST_LIMIT = 200;
    const REQUEST_SECONDS = 25;

    const LOCK = 'woovtigersync:send:';

    const CRON_LIMIT = 1000;
    const CRON_SECONDS = 50;

    /** @var bool nobody answered */
    private $dead = false;

    /** @var callable gets url, headers and body; gives [HTTP status, text of the fault] */
    private $transport;

    public function __construct(?callable $transport = null)
    {
        $this->transport = $transport ?: [new WooVtigerSync_Http(self::CONNECT_SECONDS, self::TOTAL_SECONDS), 'post'];
    }

    /**
     * Sends what this request wrote. Only one request sends at a time, and what others have written meanwhile with it: a slow receiver must
     * not hold all the processes of the web server.
     */
    public function sendFresh(): int
    {
        $sent = 0;
        $until = microtime(true) + self::REQUEST_SECONDS;
        $lock = self::LOCK . md5((string) PearDatabase::getInstance()->dbName);
        // Who does not get the lock leaves; who had it looks once more, for those who left.
        while (!$this->dead && microtime(true) < $until && WooVtigerSync_Outbox::fresh(1) && WooVtigerSync_Db::lock($lock, 0)) {
            try {
                $sent += $this->sendAll(WooVtigerSync_Outbox::fresh(self::REQUEST_LIMIT), $until);
            } finally {
                WooVtigerSync_Db::unlock($lock);
            }
        }

        return $sent;
    }

    /** Sends what is due: for the cron. */
    public function sendDue(): int
    {
        return $this->sendAll(WooVtigerSync_Outbox::due(self::CRON_LIMIT), microtime(true) + self::CRON_SECONDS);
    }

    /**
     * @param int[] $ids
     * @return int callbacks that arrived
     */
    private function sendAll(array $ids, float $until): int
    {
        $sent = 0;
        foreach ($ids as $id) {
            if (!WooVtigerSync_Settings::active() || microtime(true) > $until) {
                break;
            }
            $row = WooVtigerSync_Outbox::claim($id);
            if ($row === null) {
                continue;
            }
            list($http, $error) = $this->send($row);
            if ($http >= 200 && $http < 300) {
                WooVtigerSync_Outbox::delivered($row, $http);
                ++$sent;
                continue;
            }
            WooVtigerSync_Outbox::refused($row, $http, $error !== '' ? $error : 'HTTP ' . $http);
            if ($http === 0) {
                // Nobody answers: the others would only wait for the same.
                $this->dead = true;
                break;
            }
        }

        return $sent;
    }

    /**
     * @param array<string, mixed> $row
     * @return array{0: int, 1: string}
     */
    public function send(array $row): array
    {
        return $this->post($this->body($row));
    }

    /** @return array{0: int, 1: string} */
    public function post(string $body): array
    {
        $headers = [
            'Content-Type: application/json',
            'X-Vtiger-Signature: sha256=' . hash_hmac('sha256', $body, WooVtigerSync_Settings::secret()),
            'User-Agent: WooVtigerSync/' . WooVtigerSync_Version::NUMBER,
        ];
        try {
            return call_user_func($this->transport, WooVtigerSync_Settings::url(), $headers, $body);
        } catch (\Throwable $e) {
            return [0, $e->getMessage()];
        }
    }

    /** @param array<string, mixed> $row */
    public function body(array $row): string
    {
        $body = [
            'module' => (string) $row['module'],
            'id' => WooVtigerSync_Ids::make((string) $row['module'], (int) $row['crmid']),
            'event' => (string) $row['event'],
            'modifiedtime' => (string) $row['modifiedtime'],
            'modified' => WooVtigerSync_Time::epoch($row['modifiedtime']),
        ];
        if ((int) $row['modifiedby'] > 0) {
            $body['modifiedby'] = WooVtigerSync_Ids::make('Users', (int) $row['modifiedby']);
        }
        $body['origin'] = (string) $row['origin'];
        $body['delivery'] = (string) $row['delivery'];

        return json_encode($body, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
    }

    /**
     * Sends a callback that names no record, for the settings page.
     *
     * @return array{0: int, 1: string}
     */
    public function test(): array
    {
        $now = time();

        return $this->post(
            json_encode(
                [
                    'module' => '',
                    'id' => '',
                    'event' => 'test',
                    'modifiedtime' => WooVtigerSync_Time::text($now),
                    'modified' => $now,
                    'origin' => WooVtigerSync_Request::origin(),
                    'delivery' => bin2hex(random_bytes(16)),
                ],
                JSON_UNESCAPED_SLASHES
            )
        );
    }
}
