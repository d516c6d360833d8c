/* The least that a server of HTTP can do: it listens at the port of its argument, and answers each request. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const char answer[] = "HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\nHello, world\n";

int main(int count, char **words) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(count > 1 ? atoi(words[1]) : 8080)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 100))
        return 1;
    for (;;) {
        char request[4096];
        int connection = accept(listener, 0, 0);
        while (read(connection, request, sizeof request) > 0)
            if (write(connection, answer, sizeof answer - 1) < 0)
                break;
        close(connection);
    }
}
