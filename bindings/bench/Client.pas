{ The client of Pascal for bench.py: Client MODE URL N SIZE. }
program Client;

{$MODE DELPHI}{$H+}

uses
  {$IFDEF UNIX}BaseUnix,{$ENDIF} SysUtils, hostws;

{ Seconds: of the clock or, with BENCH_CPU=1, of the processor. }
function Now: Double;
{$IFDEF UNIX}
var
  Times: tms;
{$ENDIF}
begin
{$IFDEF UNIX}
  if GetEnvironmentVariable('BENCH_CPU') = '1' then
  begin
    FpTimes(Times);
    Exit((Times.tms_utime + Times.tms_stime) / 100);
  end;
{$ENDIF}
  Result := GetTickCount64 / 1000;
end;

var
  Ws: THostWebSocket;
  Mode, Url: string;
  Count, Size, Ahead, I: Integer;
  Message: TBytes;
  Start: Double;
begin
  Mode := ParamStr(1);
  Url := ParamStr(2);
  Count := StrToInt(ParamStr(3));
  Size := StrToInt(ParamStr(4));
  if Pos('flood', Mode) = 1 then Url := Format('%s/%s/%d/%d', [Url, Mode, Size, Count]) else Url := Url + '/echo';
  Ws := THostWebSocket.Create(Url);
  Ws.Connect;
  Start := Now;
  if Pos('flood', Mode) = 1 then
  begin
    Ws.Send('go');
    for I := 1 to Count do Ws.Receive;
  end
  else
  begin
    SetLength(Message, Size);
    Ahead := 1;
    if Mode = 'flight' then Ahead := 128;
    for I := 1 to Ahead do Ws.Send(Message);
    for I := 1 to Count - Ahead do
    begin
      Ws.Receive;
      Ws.Send(Message);
    end;
    for I := 1 to Ahead do Ws.Receive;
  end;
  WriteLn(Now - Start:0:6);
  Ws.Abort;
  Ws.Free;
end.
