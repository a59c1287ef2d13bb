{ A program with a timer, as a window of Lazarus or Delphi has one: what happens on the connection is called in the timer's
  event, on the program's only thread. In a form, put a TTimer on it, and Poll into its OnTimer.

    Timer ws://127.0.0.1:9001/echo }
program Timer;

{$IFDEF FPC}{$MODE DELPHI}{$H+}{$ENDIF}

uses
  SysUtils, hostws;

type
  { A form in all but the looks. }
  TMainForm = class
  private
    FWs: THostWebSocket;
    procedure WsOpen(Sender: THostWebSocket);
    procedure WsMessage(Sender: THostWebSocket; const Message: THostWsMessage);
    procedure WsError(Sender: THostWebSocket; const Errors: THostWsCauses);
    procedure WsTerminate(Sender: THostWebSocket; Code: Integer; const Reason: string; WasClean: Boolean);
  public
    IsDone: Boolean;
    procedure FormCreate(const Url: string);
    procedure FormDestroy;
    procedure TimerTimer;
  end;

procedure TMainForm.FormCreate(const Url: string);
begin
  FWs := THostWebSocket.Create(Url);
  FWs.OnOpen := WsOpen;
  FWs.OnMessage := WsMessage;
  FWs.OnError := WsError;
  FWs.OnTerminate := WsTerminate;
  FWs.SetOption('open_timeout_ms', 10000);
  FWs.Open;
end;

procedure TMainForm.FormDestroy;
begin
  FWs.Free;
end;

procedure TMainForm.TimerTimer;
begin
  FWs.Poll;
end;

procedure TMainForm.WsOpen(Sender: THostWebSocket);
begin
  Sender.Send('hello');
end;

procedure TMainForm.WsMessage(Sender: THostWebSocket; const Message: THostWsMessage);
begin
  WriteLn(Message.Text);
  { At once; WsTerminate follows. }
  Sender.Terminate;
end;

procedure TMainForm.WsError(Sender: THostWebSocket; const Errors: THostWsCauses);
var
  Cause: THostWsCause;
begin
  for Cause in Errors do WriteLn(Cause.Component, ': ', Cause.Message);
end;

procedure TMainForm.WsTerminate(Sender: THostWebSocket; Code: Integer; const Reason: string; WasClean: Boolean);
begin
  WriteLn('closed with ', Code);
  IsDone := True;
end;

var
  Form: TMainForm;
begin
  Form := TMainForm.Create;
  try
    Form.FormCreate(ParamStr(1));
    { The timer of a program without windows. }
    while not Form.IsDone do
    begin
      Form.TimerTimer;
      Sleep(20);
    end;
    Form.FormDestroy;
  finally
    Form.Free;
  end;
end.
