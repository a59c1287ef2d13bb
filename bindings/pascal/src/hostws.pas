{ A WebSocket client over libhostws, for Free Pascal (Lazarus) and Delphi.

  THostWebSocket calls its events inside Poll, on the thread that calls it: from a timer, an idle handler or a loop.
  Connect, Receive and Close wait instead. Below it, in hostws_abi.inc, lies the library's interface of C.

  Strings: in Delphi they are Unicode; in Free Pascal they hold UTF-8, as in Lazarus. }
unit hostws;

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$H+}{$ENDIF}
  {$PACKRECORDS C}
{$ELSE}
  {$ALIGN 8}
{$ENDIF}
{$Q-}{$R-}

interface

uses
  {$IFNDEF FPC}Classes,{$ENDIF} SysUtils;

const
{$IFDEF FPC}
  HOSTWS_LIBRARY = 'hostws';
{$ELSE}
  HOSTWS_LIBRARY = {$IFDEF MSWINDOWS}'hostws.dll'{$ELSE}{$IFDEF MACOS}'libhostws.0.dylib'{$ELSE}'libhostws.so.0'{$ENDIF}{$ENDIF};
{$ENDIF}

{$I hostws_abi.inc}

type
  THostWsKind = (hwText, hwBlob, hwObject);
  THostWsStatus = (hwConnecting, hwConnected, hwClosing, hwClosed);

  { What the server sent. An object is the text of a JSON object or array. }
  THostWsMessage = record
    Kind: THostWsKind;
    Data: TBytes;
    function Text: string;
  end;

  { One entry of a stack of errors: the general one first, then its causes. }
  THostWsCause = record
    Code: Integer;
    Component, Message: string;
  end;
  THostWsCauses = array of THostWsCause;

  { A header of the server's answer, its value byte for byte. }
  THostWsHeader = record
    Name, Value: string;
  end;
  THostWsHeaders = array of THostWsHeader;

  { Something that happened beside messages. Name is that of ws_event_name(): reconnecting, reconnected, pong, ... }
  THostWsEvent = record
    Name: string;
    Code: Integer;
    Flags: Cardinal;
    DelayMs: Int64;
    RoundTripUs: UInt64;
    Data: TBytes;
    Errors: THostWsCauses;
  end;

  EHostWs = class(Exception);
  { The URL, an option or an argument is refused. Nothing has happened. }
  EHostWsOption = class(EHostWs);
  { The time is up. The connection lives on. }
  EHostWsTimeout = class(EHostWs);
  { The connection could not be opened. Status is 0 if no server answered. }
  EHostWsOpen = class(EHostWs)
  public
    Errors: THostWsCauses;
    Status: Integer;
    Headers: THostWsHeaders;
    Body: TBytes;
  end;
  { The connection has ended. }
  EHostWsClosed = class(EHostWs)
  public
    Code: Integer;
    Reason: string;
    WasClean: Boolean;
    Errors: THostWsCauses;
  end;

  { How a connection has ended, of which an exception is made. }
  THostWsEnd = class
  public
    WasOpen, WasClean: Boolean;
    Code, Status: Integer;
    Reason: string;
    Errors: THostWsCauses;
    Headers: THostWsHeaders;
    Body: TBytes;
    procedure Throw;
  end;

  THostWebSocket = class;
  THostWsNotify = procedure(Sender: THostWebSocket) of object;
  THostWsMessageEvent = procedure(Sender: THostWebSocket; const Message: THostWsMessage) of object;
  THostWsErrorEvent = procedure(Sender: THostWebSocket; const Errors: THostWsCauses) of object;
  THostWsTerminateEvent = procedure(Sender: THostWebSocket; Code: Integer; const Reason: string;
    WasClean: Boolean) of object;
  THostWsOtherEvent = procedure(Sender: THostWebSocket; const Event: THostWsEvent) of object;

  { Messages until the connection ends cleanly; EHostWsClosed if it is lost. }
  THostWsEnumerator = record
  private
    FOwner: THostWebSocket;
    FCurrent: THostWsMessage;
  public
    function MoveNext: Boolean;
    property Current: THostWsMessage read FCurrent;
  end;

  { A connection for one thread at a time; Send, TrySend, Terminate and Abort from any. }
  THostWebSocket = class
  private
    FUrl: string;
    FOptionNames, FOptionValues: array of string;
    FHeaders: THostWsHeaders;
    FId: ws_id;
    FQueue: ws_queue;
    FBatch: array[0..255] of ws_event;
    FAt, FCount: Integer;
    FIsOpen, FIsHandling: Boolean;
    FGone: PBoolean;
    FErrors: THostWsCauses;
    { The size of a message for which there was no memory; 0: none. }
    FLack: Int64;
    FEnd: THostWsEnd;
    FOnOpen: THostWsNotify;
    FOnMessage: THostWsMessageEvent;
    FOnError: THostWsErrorEvent;
    FOnTerminate: THostWsTerminateEvent;
    FOnEvent: THostWsOtherEvent;
    procedure SetRaw(const Name, Json: string);
    function OptionsJson: string;
    function Fetch(TimeoutMs: Integer): Boolean;
    function Next(out Message: THostWsMessage): Boolean;
    function Await(out Message: THostWsMessage; TimeoutMs: Integer): Boolean;
    function TakeMessage(const Raw: ws_event; out Message: THostWsMessage): Boolean;
    procedure HandleLack;
    procedure HandleEvent(const Raw: ws_event);
    procedure HandleEnd(const Raw: ws_event);
    procedure Check(Code: Integer);
    function DefaultKind: THostWsKind;
    function GetStatus: THostWsStatus;
    function GetActive: Boolean;
    function GetUrl: string;
    function GetSubprotocol: string;
    function GetExplanation: string;
    function GetBufferedAmount: Int64;
  public
    constructor Create(const AUrl: string);
    { Drops the connection politely: what was sent still leaves. It may be called inside the connection's own events. }
    destructor Destroy; override;

    { Before Open: an option of ws_options by its name, such as open_timeout_ms or tls_ca; and data_type. }
    procedure SetOption(const Name, Value: string); overload;
    procedure SetOption(const Name: string; Value: Int64); overload;
    { A header of the request; a name may come several times. }
    procedure AddHeader(const Name, Value: string);

    { Begins to open, and returns at once. EHostWsOption says what is refused. }
    procedure Open;
    { Opens, and waits until the connection is open. EHostWsOption, EHostWsOpen. }
    procedure Connect;

    { Calls the events that have come; if there are none, waits for the first. Returns how many there were. }
    function Poll(TimeoutMs: Integer = 0): Integer;
    { The next message. TimeoutMs -1 waits for ever. EHostWsTimeout, EHostWsClosed. }
    function Receive(TimeoutMs: Integer = -1): THostWsMessage;
    { The same, but False if the time is up. }
    function TryReceive(out Message: THostWsMessage; TimeoutMs: Integer = 0): Boolean;
    { for Message in Ws do ... }
    function GetEnumerator: THostWsEnumerator;

    { Sends text; JSON if data_type is object. Waits only while the send queue is full. }
    procedure Send(const Text: string; TimeoutMs: Integer = -1); overload;
    procedure Send(const Data: TBytes; TimeoutMs: Integer = -1); overload;
    procedure SendBuffer(const Data; Length: Int64; Kind: THostWsKind; TimeoutMs: Integer = -1);
    { False if the send queue is full; an event "drain" says when there is room. }
    function TrySend(const Text: string): Boolean; overload;
    function TrySend(const Data: TBytes): Boolean; overload;
    function TrySendBuffer(const Data; Length: Int64; Kind: THostWsKind): Boolean;
    { The answer comes to OnEvent as "pong". }
    procedure Ping(const Data: TBytes = nil);

    { Closes politely, and returns at once: OnTerminate follows in Poll. }
    procedure Terminate(Code: Integer = 1000; const Reason: string = '');
    { Closes politely, and waits for the end. }
    procedure Close(Code: Integer = 1000; const Reason: string = '');
    { Drops the connection and what waits to be sent: OnTerminate follows in Poll. }
    procedure Abort;

    { For the next attempt of a connection with reconnect_max. An empty value removes the header. }
    procedure SetHeader(const Name, Value: string);
    procedure SetUrl(const Value: string);
    { Answers an event "ask" (option ask): its Code is the question. }
    procedure Answer(Question: Integer; const Value: string);
    { Of the server's answer to the upgrade. }
    function ResponseHeaders: THostWsHeaders;

    { Until OnTerminate has been called or its exception raised. }
    property Active: Boolean read GetActive;
    property Status: THostWsStatus read GetStatus;
    property Url: string read GetUrl;
    property Subprotocol: string read GetSubprotocol;
    { Bytes that were accepted and have not left. }
    property BufferedAmount: Int64 read GetBufferedAmount;
    { All that has happened to this connection, as JSON. }
    property Explanation: string read GetExplanation;
    { For the functions of hostws_abi.inc, such as ws_queue_fd() and ws_queue_post_message(). }
    property Id: ws_id read FId;
    property Queue: ws_queue read FQueue;

    property OnOpen: THostWsNotify read FOnOpen write FOnOpen;
    property OnMessage: THostWsMessageEvent read FOnMessage write FOnMessage;
    { An error ended the connection, or its opening failed. OnTerminate follows. }
    property OnError: THostWsErrorEvent read FOnError write FOnError;
    property OnTerminate: THostWsTerminateEvent read FOnTerminate write FOnTerminate;
    { All other events. }
    property OnEvent: THostWsOtherEvent read FOnEvent write FOnEvent;
  end;

implementation

var
  { Whether there is anything to shut down. }
  IsUsed: Boolean;

{$I hostws_text.inc}
{$I hostws_errors.inc}
{$I hostws_opening.inc}
{$I hostws_events.inc}
{$I hostws_sending.inc}

initialization

finalization
  { What was sent still leaves. A library that this unit is part of leaves that to its host. }
  if IsUsed and not IsLibrary then ws_shutdown(2000);

end.
