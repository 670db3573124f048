/* The floor: one thread, epoll, one constant answer for every request, keep-alive. It parses nothing beyond the blank
 * line that ends a head, so what it costs is nearly all the kernel's. Usage: floor PORT (loopback only). */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 256
#define BUFFER_BYTES 16384

static const char answer[] =
    "HTTP/1.1 200 OK\r\n"
    "content-length: 17\r\n"
    "content-type: application/json\r\n"
    "\r\n"
    "{\"hello\":\"world\"}";

static int listen_on(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 2048)) {
        perror("floor");
        exit(1);
    }
    return listener;
}

static void accept_all(int poll, int listener) {
    int one = 1, client;
    while ((client = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = client};
        epoll_ctl(poll, EPOLL_CTL_ADD, client, &event);
    }
}

/* A head that arrives in pieces is not joined: the load writes each request at once. */
static void serve(int client) {
    char buffer[BUFFER_BYTES + 1];
    ssize_t got = read(client, buffer, BUFFER_BYTES);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN)
            close(client);
        return;
    }
    buffer[got] = 0;
    for (char *at = buffer; (at = strstr(at, "\r\n\r\n")); at += 4) {
        if (write(client, answer, sizeof answer - 1) < 0) {
            close(client);
            return;
        }
    }
}

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: floor PORT\n");
        return 2;
    }
    int listener = listen_on(atoi(arguments[1])), poll = epoll_create1(0);
    struct epoll_event events[EVENTS], first = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &first);
    for (;;) {
        int ready = epoll_wait(poll, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener)
                accept_all(poll, listener);
            else
                serve(events[i].data.fd);
        }
    }
}
