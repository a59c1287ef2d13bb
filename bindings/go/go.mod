module hostws.com/go/hostws

go 1.19
