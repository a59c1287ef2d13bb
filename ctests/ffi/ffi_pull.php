<?php
// hostws from PHP's FFI: the preprocessed header is all the declaration there is.

error_reporting(E_ALL);
set_error_handler(fn($kind, $words) => throw new Error($words));

if (!extension_loaded('FFI')) {
    echo "skipped: this PHP has no FFI\n";
    exit(77);
}
$hostws = FFI::cdef(file_get_contents(getenv('HOSTWS_DECLARATIONS')), getenv('HOSTWS_SHARED_LIBRARY'));

function check(bool $fact): void
{
    global $hostws;
    if (!$fact) throw new Error($hostws->ws_last_error_message());
}

function connect(string $url, ?string $options = null): int
{
    global $hostws;
    $ws = $hostws->ws_open($url, $options, null);
    check($ws > 0);
    return $ws;
}

function next_event(int $ws, int $type): FFI\CData
{
    global $hostws;
    $event = $hostws->ws_next(0, 10000);
    check($event !== null);
    check($event[0]->ws === $ws && $event[0]->type === $type);
    return $event[0];
}

// Open, messages, close.
$ws = connect(getenv('HOSTWS_WS') . '/echo', '{"headers": {"X-Test": ["one", "two"]}}');
check(next_event($ws, $hostws->HOSTWS_EVENT_OPEN)->struct_size === FFI::sizeof($hostws->type('ws_event')));
$messages = [["h\u{e9}llo", $hostws->HOSTWS_TEXT], ["a\0b\xff", $hostws->HOSTWS_BLOB], ['', $hostws->HOSTWS_TEXT]];
foreach ($messages as [$sent, $type]) {
    check($hostws->ws_send($ws, $sent, strlen($sent), $type) === $hostws->HOSTWS_OK);
    $event = next_event($ws, $hostws->HOSTWS_EVENT_MESSAGE);
    check(FFI::string(FFI::cast('char *', $event->data), $event->length) === $sent && $event->data_type === $type);
}
check($hostws->ws_terminate($ws, 0, 'bye') === $hostws->HOSTWS_OK);
$event = next_event($ws, $hostws->HOSTWS_EVENT_TERMINATE);
check($event->code === 1000 && FFI::string(FFI::cast('char *', $event->reason)) === 'bye' && $event->was_clean === 1);
check($hostws->ws_status($ws) === $hostws->HOSTWS_CLOSED);

// Nobody is there.
$ws = connect(getenv('HOSTWS_NOBODY'));
$event = next_event($ws, $hostws->HOSTWS_EVENT_ERROR);
check($event->error_count > 1 && $event->errors[0]->code === $hostws->HOSTWS_E_OPEN);
check(next_event($ws, $hostws->HOSTWS_EVENT_TERMINATE)->code === 1006);

// A call that fails says why.
check($hostws->ws_open('ws://127.0.0.1', '{"tls_cat": 1}', null) === $hostws->HOSTWS_E_OPTION);
check(str_contains($hostws->ws_last_error_message(), 'tls_cat'));
echo "done\n";
