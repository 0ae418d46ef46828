<?php

/**
 * One POST with hard limits of time, through curl where PHP has it.
 */
class WooVtigerSync_Http
{
    /** @var int */
    private $connect;

    /** @var int */
    private $total;

    /** @var mixed a curl handle: kept, so that many callbacks share a connection */
    private $curl = null;

    public function __construct(int $connect, int $total)
    {
        $this->connect = $connect;
        $this->total = $total;
    }

    /**
     * @param string[] $headers
     * @return array{0: int, 1: string} HTTP status (0: no answer) and text of the fault
     */
    public function post(string $url, array $headers, string $body): array
    {
        return function_exists('curl_init') ? $this->byCurl($url, $headers, $body) : $this->byStream($url, $headers, $body);
    }

    private function byCurl(string $url, array $headers, string $body): array
    {
        if ($this->curl === null) {
            $this->curl = curl_init();
        }
        $got = 0;
        $headers[] = 'Expect:';
        curl_setopt_array(
            $this->curl,
            [
                CURLOPT_URL => $url,
                CURLOPT_POST => true,
                CURLOPT_POSTFIELDS => $body,
                CURLOPT_HTTPHEADER => $headers,
                CURLOPT_CONNECTTIMEOUT => $this->connect,
                CURLOPT_TIMEOUT => $this->total,
                CURLOPT_NOSIGNAL => true,
                CURLOPT_FOLLOWLOCATION => false,
                CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
                // The answer's text does not matter: some of it is read, then no more.
                CURLOPT_WRITEFUNCTION => function ($curl, $data) use (&$got) {
                    $got += strlen($data);

                    return $got > 65536 ? 0 : strlen($data);
                },
            ]
        );
        curl_exec($this->curl);
        $http = (int) curl_getinfo($this->curl, CURLINFO_HTTP_CODE);
        $error = $http === 0 ? curl_error($this->curl) : '';
        if ($http === 0 && $error === '') {
            $error = 'no answer';
        }

        return [$http, $error];
    }

    private function byStream(string $url, array $headers, string $body): array
    {
        $context = stream_context_create(
            [
                'http' => [
                    'method' => 'POST',
                    'header' => implode("\r\n", $headers),
                    'content' => $body,
                    'timeout' => $this->total,
                    'ignore_errors' => true,
                    'follow_location' => 0,
                ],
            ]
        );
        $http_response_header = [];
        $before = ini_set('default_socket_timeout', (string) $this->connect);
        $answer = @file_get_contents($url, false, $context, 0, 65536);
        ini_set('default_socket_timeout', (string) $before);
        if ($answer === false || !isset($http_response_header[0]) || !preg_match('/^HTTP\/\S+ (\d{3})/', $http_response_header[0], $found)) {
            return [0, 'no answer'];
        }

        return [(int) $found[1], ''];
    }
}
