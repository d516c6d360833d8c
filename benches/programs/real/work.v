// A small processor: registers, an adder with flags, a counter and a multiplexer, to be synthesised.
module work(input clk, input reset, input [7:0] data, input [1:0] op, output reg [15:0] sum, output reg zero, output [3:0] step);
  reg [3:0] count;
  reg [15:0] memory [0:15];
  assign step = count;
  always @(posedge clk) begin
    if (reset) begin
      count <= 0;
      sum <= 0;
      zero <= 1;
    end else begin
      count <= count + 1;
      memory[count] <= sum;
      case (op)
        0: sum <= sum + data;
        1: sum <= sum - data;
        2: sum <= sum * data;
        3: sum <= memory[data[3:0]];
      endcase
      zero <= sum == 0;
    end
  end
endmodule
