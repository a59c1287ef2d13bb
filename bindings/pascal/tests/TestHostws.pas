{ The unit as it was unpacked, beside the test server: HOSTWS_WS is its address, HOSTWS_NOBODY one where nobody listens. }
program TestHostws;

{$IFDEF FPC}{$IFNDEF UNICODE}{$MODE DELPHI}{$H+}{$ENDIF}{$ENDIF}

uses
  {$IFDEF UNIX}cthreads,{$ENDIF} SysUtils, hostws, Checks, Shortage;

type
  TTest = procedure;

{ ---- the library's interface }

procedure TheStructsAreThoseOfTheLibrary;
var
  Ws: THostWebSocket;
  Event: Pws_event;
  Id: ws_id;
  Stats: ws_stats;
begin
  Id := ws_open(PAnsiChar(AnsiString(Server + '/text?say=hello')), nil, nil);
  Event := ws_next(0, 30000);
  Same(Event^.struct_size, SizeOf(ws_event));
  Same(Event^.event_type, HOSTWS_EVENT_OPEN);
  Event := ws_next(0, 30000);
  Same(Event^.length, 5);
  Stats.struct_size := SizeOf(Stats);
  Same(ws_get_stats(Id, @Stats), HOSTWS_OK);
  Same(Stats.struct_size, SizeOf(Stats));
  Same(Stats.messages_received, 1);
  ws_abort(Id);
  Event := ws_next(0, 30000);
  Same(Event^.event_type, HOSTWS_EVENT_TERMINATE);
  Ws := THostWebSocket.Create(Server);
  Same(Ord(Ws.Status), Ord(hwClosed));
  Ws.Free;
end;

{ ---- reading and sending }

procedure MessagesComeBackAsTheyWereSent;
var
  Ws: THostWebSocket;
  Message: THostWsMessage;
  Data: TBytes;
  Text: string;
begin
  Ws := Connected('/echo');
  { A letter with an accent, in UTF-8 where strings are that. }
  Text := 'h' + {$IFDEF UNICODE}WideChar($E9){$ELSE}#$C3#$A9{$ENDIF} + 'llo' + #0 + 'end';
  Ws.Send(Text);
  Message := Ws.Receive(30000);
  Same(Message.Text, Text);
  Same(Length(Message.Data), 10);
  Same(Ord(Message.Kind), Ord(hwText));
  SetLength(Data, 3);
  Data[0] := 0;
  Data[1] := 255;
  Data[2] := 1;
  Ws.Send(Data);
  Message := Ws.Receive(30000);
  Same(Ord(Message.Kind), Ord(hwBlob));
  Check((Length(Message.Data) = 3) and CompareMem(Pointer(Message.Data), Pointer(Data), 3), 'other bytes');
  Ws.Send('');
  Same(Ws.Receive(30000).Text, '');
  Ws.Close(4000, 'enough');
  Check(not Ws.Active, 'active after Close');
  Ws.Close;
  Ws.Free;
end;

procedure AnObjectIsItsText;
const
  { Numbers that no Double holds: where a program lets the processor raise exceptions, nobody may calculate with them. }
  JSON = '{"n":1e999,"m":-1e-999,"i":123456789012345678901234567890,"a":[0.1]}';
var
  Ws: THostWebSocket;
  Message: THostWsMessage;
begin
  Ws := THostWebSocket.Create(Server + '/echo');
  Ws.SetOption('data_type', 'object');
  Ws.SetOption('deflate', 1);
  Ws.Connect;
  Ws.Send(JSON);
  Message := Ws.Receive(30000);
  Same(Ord(Message.Kind), Ord(hwObject));
  Same(Message.Text, JSON);
  try
    Ws.Send('{');
    Fault('half a JSON text was sent');
  except
    on EHostWsOption do ;
  end;
  Check(Pos('"Connected"', Ws.Explanation) > 0, Ws.Explanation);
  Ws.Free;
end;

procedure AnIterationEndsWithTheConnection;
var
  Ws: THostWebSocket;
  Message: THostWsMessage;
  Count: Integer;
begin
  Count := 0;
  Ws := Connected('/close?code=1000');
  for Message in Ws do Inc(Count);
  Ws.Free;
  Ws := Connected('/drop');
  try
    for Message in Ws do Inc(Count);
    Fault('a loss ended the iteration quietly');
  except
    on Closed: EHostWsClosed do
    begin
      Same(Closed.Code, 1006);
      Check(not Closed.WasClean and (Length(Closed.Errors) > 0), Closed.Message);
    end;
  end;
  Same(Count, 0);
  Ws.Free;
end;

procedure ATimeLimitPasses;
var
  Ws: THostWebSocket;
  Message: THostWsMessage;
begin
  Ws := Connected('/echo');
  try
    Ws.Receive(20);
    Fault('no exception');
  except
    on EHostWsTimeout do ;
  end;
  Check(not Ws.TryReceive(Message, 0), 'a message from nowhere');
  Ws.Send('x');
  Same(Ws.Receive(30000).Text, 'x');
  Ws.Free;
end;

procedure AFullSendQueueWaitsAndThenTimesOut;
var
  Ws: THostWebSocket;
  Data: TBytes;
  I, Received: Integer;
begin
  SetLength(Data, 100000);
  FillChar(Data[0], Length(Data), 120);
  Ws := THostWebSocket.Create(Server + '/silent');
  Ws.SetOption('send_queue_max', 200000);
  Ws.Connect;
  try
    for I := 1 to 1000 do Ws.Send(Data, 200);
    Fault('a server that reads nothing took it all');
  except
    on EHostWsTimeout do ;
  end;
  { The wait may have ended while there was no room only because the library was slow. }
  I := 0;
  while Ws.TrySend(Data) and (I < 1000) do Inc(I);
  Check(I < 1000, 'there is always room');
  Ws.Abort;
  Ws.Free;
  Ws := THostWebSocket.Create(Server + '/echo');
  Ws.SetOption('send_queue_max', 200000);
  Ws.Connect;
  for I := 1 to 100 do Ws.Send(Data, 60000);
  Received := 0;
  for I := 1 to 100 do Inc(Received, Length(Ws.Receive(60000).Data));
  Same(Received, 100 * Length(Data));
  Ws.Free;
end;

{ ---- errors }

procedure Refused(Ws: THostWebSocket; const Words: string);
begin
  try
    Ws.Open;
    Fault('not refused: ' + Words);
  except
    on Error: EHostWsOption do Check(Pos(Words, Error.Message) > 0, Error.Message);
  end;
  Ws.Free;
end;

procedure WhatIsRefusedIsRaised;
var
  Ws: THostWebSocket;
begin
  Refused(THostWebSocket.Create('nowhere'), 'ws://');
  Refused(THostWebSocket.Create(Server + '/'#0'x'), 'NUL');
  Ws := THostWebSocket.Create(Server);
  Ws.SetOption('tls_cat', 'x');
  Refused(Ws, 'tls_cat');
  Ws := THostWebSocket.Create(Server);
  Ws.SetOption('stream_threshold', 2000);
  Refused(Ws, 'stream_threshold');
  Ws := THostWebSocket.Create(Server);
  Ws.SetOption('data_type', 'a "quoted"'#10'word');
  Refused(Ws, 'data_type');
  Ws := Connected('/echo');
  try
    Ws.Close(999);
    Fault('close code 999');
  except
    on EHostWsOption do ;
  end;
  try
    Ws.Open;
    Fault('opened twice');
  except
    on EHostWsOption do ;
  end;
  Ws.Free;
end;

procedure AnOpeningThatFailsSaysWhy;
var
  Ws: THostWebSocket;
begin
  Ws := THostWebSocket.Create(Nobody);
  try
    Ws.Connect;
    Fault('connected to nobody');
  except
    on Error: EHostWsOpen do
    begin
      Same(Error.Errors[0].Component, 'ws');
      Same(Error.Status, 0);
      Check(Pos('refused', Error.Message) > 0, Error.Message);
    end;
  end;
  Ws.Free;
  Ws := THostWebSocket.Create(Server + '/no-such-path');
  try
    Ws.Connect;
    Fault('connected to nothing');
  except
    on Error: EHostWsOpen do
    begin
      Same(Error.Status, 404);
      Same(Length(Error.Body), Length('there is nothing here'));
    end;
  end;
  Ws.Free;
end;

{ ---- events }

procedure EventsComeInOrder;
var
  Recorder: TRecorder;
  Ws: THostWebSocket;
begin
  Recorder := TRecorder.Create;
  Ws := THostWebSocket.Create(Server + '/close?code=4001&reason=late');
  Recorder.Listen(Ws);
  Ws.Open;
  while Ws.Active do Ws.Poll(30000);
  Same(Recorder.Told, 'open,terminate 4001 late 1');
  Same(Ws.Poll(30000), 0);
  Ws.Free;
  Recorder.Told := '';
  Ws := THostWebSocket.Create(Nobody);
  Recorder.Listen(Ws);
  Ws.Open;
  while Ws.Active do Ws.Poll(30000);
  Same(Recorder.Told, 'error ws,terminate 1006  0');
  Ws.Free;
  Recorder.Free;
end;

procedure AConnectionMayBeFreedInItsOwnEvent;
var
  Recorder: TRecorder;
  Ws: THostWebSocket;
begin
  Recorder := TRecorder.Create;
  Recorder.FreeAtEnd := True;
  Ws := THostWebSocket.Create(Server + '/close?code=1000');
  Recorder.Listen(Ws);
  Ws.Open;
  while Pos('terminate', Recorder.Told) = 0 do Ws.Poll(30000);
  Same(Recorder.Told, 'open,terminate 1000  1');
  Recorder.Free;
end;

procedure WaitUntilPending(Ws: THostWebSocket; Count: Integer);
var
  Tries: Integer;
begin
  Tries := 3000;
  while (ws_pending(Ws.Queue) < Count) and (Tries > 0) do
  begin
    Sleep(10);
    Dec(Tries);
  end;
end;

procedure EventsDoNotNestAndAFailureLosesNothing;
var
  Recorder: TRecorder;
  Ws: THostWebSocket;
  Failures: Integer;
begin
  Recorder := TRecorder.Create;
  Recorder.Nest := True;
  Recorder.Fail := True;
  Ws := THostWebSocket.Create(Server + '/flood?n=1000&size=16');
  Recorder.Listen(Ws);
  Ws.Open;
  WaitUntilPending(Ws, 1001);
  Failures := 0;
  repeat
    try
      Ws.Poll(30000);
    except
      on EAbort do Inc(Failures);
    end;
    { What was not delivered is where the library's descriptor tells of it. }
    Same(Recorder.Messages + ws_pending(Ws.Queue), 1000);
  until (Recorder.Messages >= 1000) or (Failed > 0);
  Check((Failures > 0) and (Failures <= 10), 'its exceptions come out of Poll');
  Ws.Free;
  Recorder.Free;
end;

procedure APollTakesAllThatHasCome;
var
  Recorder: TRecorder;
  Ws: THostWebSocket;
begin
  Recorder := TRecorder.Create;
  Ws := THostWebSocket.Create(Server + '/flood?n=5000&size=16');
  Recorder.Listen(Ws);
  Ws.Open;
  WaitUntilPending(Ws, 5001);
  Same(Ws.Poll, 5001);
  Same(Recorder.Messages, 5000);
  Ws.Free;
  Recorder.Free;
end;

procedure ItReconnectsAndTells;
var
  Recorder: TRecorder;
  Ws: THostWebSocket;
  Message: THostWsMessage;
  Tries: Integer;
begin
  Recorder := TRecorder.Create;
  Ws := THostWebSocket.Create(Server + '/late-close');
  Ws.OnEvent := Recorder.HandleEvent;
  Ws.SetOption('reconnect_max', -1);
  Ws.SetOption('reconnect_codes', '4001');
  Ws.SetOption('reconnect_min_ms', 1);
  Ws.SetOption('reconnect_max_ms', 2);
  Ws.Connect;
  Ws.SetHeader('X-Token', 'fresh');
  Ws.Send('first');
  Tries := 3000;
  while (Length(Recorder.Told) < 50) and (Tries > 0) do
  begin
    Ws.TryReceive(Message, 10);
    Dec(Tries);
  end;
  Same(Copy(Recorder.Told, 1, 50), 'reconnecting,reconnected,reconnecting,reconnected,');
  Ws.Abort;
  Ws.Free;
  Recorder.Free;
end;

procedure AQuestionIsAnswered;
var
  Recorder: TRecorder;
  Ws: THostWebSocket;
begin
  Recorder := TRecorder.Create;
  Ws := THostWebSocket.Create(Server + '/late-close');
  Recorder.Listen(Ws);
  Ws.SetOption('reconnect_max', -1);
  Ws.SetOption('reconnect_codes', '4001');
  Ws.SetOption('ask', HOSTWS_ASK_RECONNECT);
  Ws.Connect;
  Ws.Ping(TBytes.Create(1));
  Ws.Send('x');
  while Ws.Active do Ws.Poll(30000);
  Recorder.Told := StringReplace(Recorder.Told, 'pong,', '', []);
  Same(Recorder.Told, 'open,ask,error ws,terminate 4001 late 1');
  Ws.Free;
  Recorder.Free;
end;

procedure HeadersAndFacts;
var
  Ws: THostWebSocket;
  Text: string;
begin
  Ws := THostWebSocket.Create(Server + '/headers?choose=chat');
  Ws.SetOption('subprotocols', 'v2,chat');
  Ws.AddHeader('X-Test', 'one');
  Ws.AddHeader('X-Other', 'a"b');
  Ws.AddHeader('X-Test', 'two');
  Ws.Connect;
  Text := Ws.Receive(30000).Text;
  Check(Pos('"x-test":["one","two"]', Text) > 0, Text);
  Check(Pos('"x-other":["a\"b"]', Text) > 0, Text);
  Same(Ord(Ws.Status), Ord(hwConnected));
  Same(Ws.Subprotocol, 'chat');
  Same(Ws.Url, Server + '/headers?choose=chat');
  Same(Ws.BufferedAmount, 0);
  Check(Length(Ws.ResponseHeaders) > 2, 'no headers');
  Ws.Free;
end;

{ ---- all of them }

procedure Run(const Name: string; Test: TTest);
begin
  TestName := Name;
  try
    Test;
  except
    on Error: Exception do Fault(Error.ClassName + ': ' + Error.Message);
  end;
end;

begin
  Server := GetEnvironmentVariable('HOSTWS_WS');
  Nobody := GetEnvironmentVariable('HOSTWS_NOBODY');
  Run('the structs are those of the library', TheStructsAreThoseOfTheLibrary);
  Run('messages come back as they were sent', MessagesComeBackAsTheyWereSent);
  Run('an object is its text', AnObjectIsItsText);
  Run('an iteration ends with the connection', AnIterationEndsWithTheConnection);
  Run('a time limit passes', ATimeLimitPasses);
  Run('a full send queue waits and then times out', AFullSendQueueWaitsAndThenTimesOut);
  Run('what is refused is raised', WhatIsRefusedIsRaised);
  Run('an opening that fails says why', AnOpeningThatFailsSaysWhy);
  Run('events come in order', EventsComeInOrder);
  Run('a connection may be freed in its own event', AConnectionMayBeFreedInItsOwnEvent);
  Run('events do not nest, and a failure loses nothing', EventsDoNotNestAndAFailureLosesNothing);
  Run('a poll takes all that has come', APollTakesAllThatHasCome);
  Run('it reconnects and tells', ItReconnectsAndTells);
  Run('a question is answered', AQuestionIsAnswered);
  Run('headers and facts', HeadersAndFacts);
  Run('a message without memory ends its connection and no other', AMessageWithoutMemoryEndsItsConnectionAndNoOther);
  WriteLn(Failed, ' failed');
  if Failed > 0 then Halt(1);
end.
