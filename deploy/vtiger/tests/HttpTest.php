<?php

/**
 * A server that answers one request.
 *
 * @return array{0: resource, 1: string, 2: array} process, address and pipes
 */
function http_server(string $answer, float $delay = 0)
{
    $code = '$s = stream_socket_server("tcp://127.0.0.1:0"); echo stream_socket_get_name($s, false), "\n"; $c = stream_socket_accept($s, 20);'
        . '$head = ""; while (strpos($head, "\r\n\r\n") === false) { $head .= fread($c, 8192); }'
        . 'list($h, $b) = explode("\r\n\r\n", $head, 2); preg_match("/Content-Length: (\d+)/i", $h, $m);'
        . 'while (strlen($b) < (int) $m[1]) { $b .= fread($c, 8192); } usleep((int) $argv[2]); fwrite($c, $argv[1]); fclose($c); echo $h, "\r\n\r\n", $b;';
    $command = [PHP_BINARY, '-r', $code, '--', $answer, (string) (int) ($delay * 1000000)];
    $process = proc_open($command, [1 => ['pipe', 'w']], $pipes);

    return [$process, 'http://' . trim((string) fgets($pipes[1])) . '/hook?a=1', $pipes];
}

return [
    'a POST arrives whole, and its status comes back' => function () {
        foreach (['200 OK' => 200, '204 No Content' => 204, '302 Found' => 302, '500 Bad' => 500] as $line => $status) {
            list($process, $url, $pipes) = http_server('HTTP/1.1 ' . $line . "\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:1/\r\nConnection: close\r\n\r\n");
            $answer = (new WooVtigerSync_Http(2, 5))->post($url, ['Content-Type: application/json', 'X-Test: 1'], '{"a":"é"}');
            same([$status, ''], $answer, $line);
            $request = stream_get_contents($pipes[1]);
            proc_close($process);
            yes(strpos($request, 'POST /hook?a=1 HTTP/1.1') === 0 || strpos($request, 'POST /hook?a=1 HTTP/1.0') === 0, 'request line');
            yes(strpos($request, "X-Test: 1\r\n") !== false && substr($request, -10) === '{"a":"é"}', 'headers and body');
        }
    },
    'a redirect is not followed' => function () {
        list($other, $elsewhere, $pipe) = http_server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        list($process, $url, $pipes) = http_server("HTTP/1.1 307 Moved\r\nContent-Length: 0\r\nLocation: " . $elsewhere . "\r\nConnection: close\r\n\r\n");
        same([307, ''], (new WooVtigerSync_Http(2, 5))->post($url, [], '{}'), 'status');
        proc_terminate($other);
        foreach ([$process, $other] as $server) {
            proc_close($server);
        }
        yes(is_array($pipe) && is_array($pipes), 'both servers ran');
    },
    'nobody there is status 0' => function () {
        $socket = stream_socket_server('tcp://127.0.0.1:0');
        $address = stream_socket_get_name($socket, false);
        fclose($socket);
        list($status, $error) = (new WooVtigerSync_Http(2, 5))->post('http://' . $address . '/', [], '{}');
        same(0, $status, 'status');
        yes($error !== '', 'the reason');
    },
    'a slow receiver is left after the time that is allowed' => function () {
        list($process, $url, $pipes) = http_server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 3);
        list($status) = (new WooVtigerSync_Http(1, 1))->post($url, [], '{}');
        proc_terminate($process);
        fclose($pipes[1]);
        proc_close($process);
        same(0, $status, 'its answer is not waited for');
    },
];
