// Servers for the examples of protocols, each a widely used one: servers.mjs NAME. It says `port N`
// once it listens on loopback, and ends with its stdin.

import http from 'node:http'

const servers = {
  // An exchange: it leaves out one update, and breaks the connection once.
  async order_book(server) {
    const { WebSocketServer } = await import('ws')
    const LAST = 40
    let isBroken = false
    const book = { bids: new Map(), asks: new Map() }
    const update = sequence => {
      const side = sequence % 2 ? 'bids' : 'asks'
      const price = side === 'bids' ? 99 - (sequence % 5) / 10 : 101 + (sequence % 5) / 10
      return { type: 'update', sequence, side, price, quantity: sequence % 7 }
    }
    const until = last => {
      for (const side of Object.values(book)) side.clear()
      for (let sequence = 1; sequence <= last; sequence++) {
        const { side, price, quantity } = update(sequence)
        if (quantity) book[side].set(price, quantity)
        else book[side].delete(price)
      }
      return { type: 'snapshot', sequence: last, bids: [...book.bids], asks: [...book.asks] }
    }
    new WebSocketServer({ server }).on('connection', (connection, request) => {
      const after = Number(new URL(request.url, 'ws://x').searchParams.get('after') ?? -1)
      let sequence = after >= 0 ? after : 10
      const send = value => connection.send(JSON.stringify(value))
      if (after < 0) send(until(sequence))
      connection.on('message', () => send(until(sequence)))
      const timer = setInterval(() => {
        if (sequence >= LAST + 10) return
        sequence++
        if (sequence === 17 && !isBroken) return // a gap
        send(update(sequence))
        if (sequence === 25 && !isBroken) {
          isBroken = true
          connection.terminate()
        }
      }, 5)
      connection.on('close', () => clearInterval(timer))
    })
  },

  async json_rpc(server) {
    const { Server } = await import('rpc-websockets')
    const rpc = new Server({ server })
    rpc.register('sum', ([a, b]) => a + b)
    rpc.register('slow', () => new Promise(() => {}))
  },

  async graphql(server) {
    const { WebSocketServer } = await import('ws')
    const { useServer } = await import('graphql-ws/use/ws')
    const { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } = await import('graphql')
    const schema = new GraphQLSchema({
      query: new GraphQLObjectType({ name: 'Query', fields: { hello: { type: GraphQLString } } }),
      subscription: new GraphQLObjectType({
        name: 'Subscription',
        fields: {
          countdown: {
            type: GraphQLInt,
            args: { from: { type: GraphQLInt } },
            async * subscribe(_, { from }) {
              for (let countdown = from; countdown > 0; countdown--) yield { countdown }
            }
          }
        }
      })
    })
    useServer({ schema }, new WebSocketServer({ server }))
  },

  async socket_io(server) {
    const { Server } = await import('socket.io')
    new Server(server).on('connection', socket => socket.on('echo', text => socket.emit('answer', text.toUpperCase())))
  },

  async stomp(server) {
    const { default: StompServer } = await import('stomp-broker-js')
    new StompServer({ server, path: '/' })
  }
}

const server = http.createServer()
await servers[process.argv[2]](server)
server.listen(0, '127.0.0.1', () => console.log('port', server.address().port))
process.stdin.resume().on('end', () => process.exit())
setTimeout(() => process.exit(1), 60_000).unref()
