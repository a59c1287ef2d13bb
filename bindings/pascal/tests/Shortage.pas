{ A message for which there is no memory, on Linux, where a program can limit its own. }
unit Shortage;

{$IFDEF FPC}{$IFNDEF UNICODE}{$MODE DELPHI}{$H+}{$ENDIF}{$ENDIF}

interface

procedure AMessageWithoutMemoryEndsItsConnectionAndNoOther;

implementation

uses
  {$IFDEF LINUX}BaseUnix, {$ENDIF}SysUtils, hostws, Checks;

{$IFDEF LINUX}
const
  ADDRESS_SPACE = 9;
  PAGE = 4096;
  SIZE = 50000000;

function PagesUsed: Int64;
var
  Status: Text;
begin
  Assign(Status, '/proc/self/statm');
  Reset(Status);
  Read(Status, Result);
  Close(Status);
end;

procedure AMessageWithoutMemoryEndsItsConnectionAndNoOther;
var
  Other, Ws: THostWebSocket;
  Recorder: TRecorder;
  Before, Limit: TRLimit;
begin
  Other := Connected('/echo');
  Recorder := TRecorder.Create;
  FpGetRLimit(ADDRESS_SPACE, @Before);
  Limit := Before;
  { The library needs it once, and the program as much again. }
  Limit.rlim_cur := PagesUsed * PAGE + SIZE + SIZE div 2;
  FpSetRLimit(ADDRESS_SPACE, @Limit);
  try
    Ws := Connected('/flood?n=1&size=' + IntToStr(SIZE));
    Recorder.Listen(Ws);
    while Ws.Active do Ws.Poll(30000);
  finally
    FpSetRLimit(ADDRESS_SPACE, @Before);
  end;
  Same(Recorder.Told, 'error ws,terminate 1009  0');
  try
    Ws.Receive(30000);
    Fault('it goes on');
  except
    on Error: EHostWsClosed do
    begin
      Same(Error.Code, 1009);
      Same(Error.Errors[0].Code, HOSTWS_E_RESOURCES);
      Same(Error.Errors[0].Message, 'there is no memory for a message of ' + IntToStr(SIZE) + ' bytes');
    end;
  end;
  Other.Send('on');
  Same(Other.Receive(30000).Text, 'on');
  Ws.Free;
  Other.Free;
  Recorder.Free;
end;
{$ELSE}
procedure AMessageWithoutMemoryEndsItsConnectionAndNoOther;
begin
end;
{$ENDIF}

end.
