{ The driver for Pascal. ../README.md says what it is told, and what it answers. }
program Driver;

{$MODE DELPHI}{$H+}

uses
  {$IFDEF UNIX}cthreads,{$ENDIF} Classes, SysUtils, StrUtils, hostws;

type
  TClient = class
    Ws: THostWebSocket;
    Events: TStringList;
    constructor Create(Said: TStringList);
    procedure HandleEvent(Sender: THostWebSocket; const Event: THostWsEvent);
    function Threads(Count, Each: Integer): string;
  end;

const
  COMMANDS: array[0..13] of string = ('open', 'send', 'recv', 'echo', 'flood', 'mirror', 'threads', 'close', 'abort', 'await',
    'ping', 'get', 'sleep', 'interrupt');
  ANSWERS: array[-1..13] of string = ('unsupported', 'open', 'sent', '', 'same', 'ordered', '', '', '', '', 'timeout',
    'sent', '', 'slept', '');
  KINDS: array[THostWsKind] of string = ('text', 'blob', 'object');

var
  Clients, Said: TStringList;
  Line: string;

function Hex(const Data: TBytes): string;
begin
  SetLength(Result, 2 * Length(Data));
  BinToHex(PAnsiChar(Data), PAnsiChar(Result), Length(Data));
  Result := LowerCase(Result);
end;

function Unhex(const Text: string): string;
begin
  SetLength(Result, Length(Text) div 2);
  HexToBin(PAnsiChar(Text), PAnsiChar(Result), Length(Result));
end;

function Components(const Errors: THostWsCauses): string;
var
  Cause: THostWsCause;
begin
  Result := '';
  for Cause in Errors do Result := Result + IfThen(Result <> '', ',') + Cause.Component;
end;

function Value(const Headers: THostWsHeaders; const Name: string): string;
var
  Header: THostWsHeader;
begin
  Result := '';
  for Header in Headers do if LowerCase(Header.Name) = Name then Result := Header.Value;
end;

function Told(Error: Exception): string;
begin
  if Error is EHostWsOption then Result := 'refused'#9 + Error.Message
  else if Error is EHostWsTimeout then Result := 'timeout'
  else if Error is EHostWsOpen then with EHostWsOpen(Error) do
    Result := Format('failed'#9'%d'#9'%s'#9'%s'#9'%s'#9'%s',
      [Status, Components(Errors), Hex(Body), Message, Value(Headers, 'www-authenticate')])
  else if Error is EHostWsClosed then with EHostWsClosed(Error) do
    Result := Format('closed'#9'%d'#9'%s'#9'%s'#9'%s',
      [Code, BoolToStr(WasClean, 'yes', 'no'), Hex(BytesOf(Reason)), Components(Errors)])
  else Result := 'error'#9 + Error.Message;
end;

constructor TClient.Create(Said: TStringList);
var
  I, Sign: Integer;
  Name, Value: string;
begin
  Events := TStringList.Create;
  Ws := THostWebSocket.Create(Said[2]);
  Ws.OnEvent := HandleEvent;
  for I := 3 to Said.Count - 1 do
  begin
    Sign := PosSet(['=', ':'], Said[I]);
    Name := Copy(Said[I], 1, Sign - 1);
    Value := Copy(Said[I], Sign + 1, MaxInt);
    if Name = 'headers' then Ws.AddHeader(Copy2Symb(Value, ':'), Copy(Value, Pos(':', Value) + 2, MaxInt))
    else if Said[I][Sign] = '=' then Ws.SetOption(Name, StrToInt64(Value))
    else Ws.SetOption(Name, Value);
  end;
  Ws.Connect;
end;

procedure TClient.HandleEvent(Sender: THostWebSocket; const Event: THostWsEvent);
begin
  Events.Add(Event.Name);
end;

{ A thread that sends what its list has, through the connection that is with the first. }
function Send(List: Pointer): PtrInt;
var
  Each: string;
begin
  Result := 0;
  for Each in TStringList(List) do THostWebSocket(TStringList(List).Objects[0]).Send(Each);
end;

function TClient.Threads(Count, Each: Integer): string;
var
  Lists: array[0..15] of TStringList;
  Ids: array[0..15] of TThreadID;
  I, J: Integer;
begin
  for I := 0 to Count - 1 do
  begin
    Lists[I] := TStringList.Create;
    for J := 0 to Each - 1 do Lists[I].AddObject(Format('%d:%d', [I, J]), Ws);
  end;
  for I := 0 to Count - 1 do Ids[I] := BeginThread(Send, Lists[I]);
  Result := 'ordered';
  for I := 0 to Count * Each - 1 do Events.Add(Ws.Receive(30000).Text);
  for I := 0 to Count - 1 do WaitForThreadTerminate(Ids[I], 0);
  { Those of each thread stand in its list, in their order. }
  for Line in Events do
    if Lists[StrToInt(Line[1])][0] = Line then Lists[StrToInt(Line[1])].Delete(0) else Result := 'different'#9 + Line;
end;

function Answer: string;
var
  Client: TClient;
  Ws: THostWebSocket;
  Message: THostWsMessage;
  Text: string;
  I, Place, Command: Integer;
begin
  I := Clients.IndexOf(Said[1]);
  if I >= 0 then Client := TClient(Clients.Objects[I]);
  if I >= 0 then Ws := Client.Ws;
  Command := IndexStr(Said[0], COMMANDS);
  Result := ANSWERS[Command];
  case Command of
    0: if I >= 0 then Clients.Objects[I] := TClient.Create(Said) else Clients.AddObject(Said[1], TClient.Create(Said));
    1: if Said[2] = 'blob' then Ws.Send(BytesOf(Unhex(Said[3]))) else Ws.Send(Unhex(Said[3]));
    2: begin
      Message := Ws.Receive(StrToInt(Said[2]));
      Result := KINDS[Message.Kind] + #9 + Hex(Message.Data);
    end;
    3: begin
      Text := Copy(DupeString('abcdefghijklmnopqrstuvw', StrToInt(Said[3]) div 23 + 1), 1, StrToInt(Said[3]));
      if Said[2] = 'blob' then Ws.Send(BytesOf(Text)) else Ws.Send(Text);
      Message := Ws.Receive(30000);
      if (Message.Text <> Text) or (KINDS[Message.Kind] <> Said[2]) then Result := 'different';
    end;
    4: for I := 0 to StrToInt(Said[2]) - 1 do
    begin
      Text := Copy2Symb(Ws.Receive.Text, ':');
      if Text <> IntToStr(I) then Exit('different'#9 + Text);
    end;
    5: for Message in Ws do Ws.SendBuffer(Pointer(Message.Data)^, Length(Message.Data), Message.Kind);
    6: Result := Client.Threads(StrToInt(Said[2]), StrToInt(Said[3]));
    7: Ws.Close(StrToInt(Said[2]), Unhex(Said[3]));
    8: Ws.Abort;
    9: for I := 0 to StrToInt(Said[3]) div 10 do
    begin
      Place := Client.Events.IndexOf(Said[2]);
      if Place >= 0 then begin Client.Events.Delete(Place); Exit(Said[2]); end;
      Ws.TryReceive(Message, 10);
    end;
    10: Ws.Ping(BytesOf(Unhex(Said[2])));
    11: case IndexStr(Said[2], ['status', 'url', 'subprotocol']) of
      0: Result := ws_status_name(Ord(Ws.Status));
      1: Result := Ws.Url;
      2: Result := Ws.Subprotocol;
    else Result := Value(Ws.ResponseHeaders, Copy(Said[2], Length('header:') + 1, MaxInt));
    end;
    12: Sleep(StrToInt(Said[1]));
    13: WriteLn('waiting');
  end;
  Flush(Output);
  { How the connection has ended, which every call says from then on. }
  if Command in [5, 7, 8, 13] then repeat Ws.Receive until False;
end;

begin
  Clients := TStringList.Create;
  Said := TStringList.Create;
  Said.Delimiter := #9;
  Said.StrictDelimiter := True;
  while not Eof do
  begin
    ReadLn(Line);
    if Line = 'exit' then Break;
    Said.DelimitedText := Line;
    try
      Line := Answer;
    except
      on Error: Exception do Line := Told(Error);
    end;
    WriteLn(Line);
    Flush(Output);
  end;
end.
