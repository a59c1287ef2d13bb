{ What the tests have in common: what they compare with, and who listens to a connection. }
unit Checks;

{$IFDEF FPC}{$IFNDEF UNICODE}{$MODE DELPHI}{$H+}{$ENDIF}{$ENDIF}

interface

uses
  SysUtils, hostws;

type
  { What the events of a connection have told. }
  TRecorder = class
  public
    Told: string;
    Messages: Integer;
    Question: Integer;
    FreeAtEnd, Nest, Fail: Boolean;
    procedure HandleOpen(Sender: THostWebSocket);
    procedure HandleMessage(Sender: THostWebSocket; const Message: THostWsMessage);
    procedure HandleError(Sender: THostWebSocket; const Errors: THostWsCauses);
    procedure HandleTerminate(Sender: THostWebSocket; Code: Integer; const Reason: string; WasClean: Boolean);
    procedure HandleEvent(Sender: THostWebSocket; const Event: THostWsEvent);
    procedure Listen(Ws: THostWebSocket);
  end;

var
  Server, Nobody, TestName: string;
  Failed: Integer;

procedure Fault(const Words: string);
procedure Check(IsTrue: Boolean; const Words: string);
procedure Same(const Given, Wanted: string); overload;
procedure Same(Given, Wanted: Int64); overload;
function Connected(const Path: string): THostWebSocket;

implementation

procedure Fault(const Words: string);
begin
  Inc(Failed);
  WriteLn('FAIL ', TestName, ': ', Words);
end;

procedure Check(IsTrue: Boolean; const Words: string);
begin
  if not IsTrue then Fault(Words);
end;

procedure Same(const Given, Wanted: string);
begin
  if Given <> Wanted then Fault(Given + ', not ' + Wanted);
end;

procedure Same(Given, Wanted: Int64);
begin
  if Given <> Wanted then Fault(IntToStr(Given) + ', not ' + IntToStr(Wanted));
end;

function Connected(const Path: string): THostWebSocket;
begin
  Result := THostWebSocket.Create(Server + Path);
  Result.Connect;
end;

procedure TRecorder.Listen(Ws: THostWebSocket);
begin
  Ws.OnOpen := HandleOpen;
  Ws.OnMessage := HandleMessage;
  Ws.OnError := HandleError;
  Ws.OnTerminate := HandleTerminate;
  Ws.OnEvent := HandleEvent;
end;

procedure TRecorder.HandleOpen(Sender: THostWebSocket);
begin
  Told := Told + 'open,';
end;

procedure TRecorder.HandleMessage(Sender: THostWebSocket; const Message: THostWsMessage);
var
  Text: string;
begin
  Text := Message.Text;
  Same(Copy(Text, 1, Pos(':', Text) - 1), IntToStr(Messages));
  Inc(Messages);
  { It must not call this again. }
  if Nest then Same(Sender.Poll(0), 0);
  if Fail and (Messages mod 100 = 0) then raise EAbort.Create('on purpose');
end;

procedure TRecorder.HandleError(Sender: THostWebSocket; const Errors: THostWsCauses);
begin
  Told := Told + 'error ' + Errors[0].Component + ',';
end;

procedure TRecorder.HandleTerminate(Sender: THostWebSocket; Code: Integer; const Reason: string; WasClean: Boolean);
begin
  if FreeAtEnd then Sender.Free;
  Told := Told + 'terminate ' + IntToStr(Code) + ' ' + Reason + ' ' + IntToStr(Ord(WasClean));
end;

procedure TRecorder.HandleEvent(Sender: THostWebSocket; const Event: THostWsEvent);
begin
  Told := Told + Event.Name + ',';
  if Event.Name = 'reconnected' then Sender.Send('again');
  if Event.Name = 'pong' then Same(Length(Event.Data), 1);
  if Event.Name = 'ask' then Sender.Answer(Event.Code, 'refuse');
end;

end.
