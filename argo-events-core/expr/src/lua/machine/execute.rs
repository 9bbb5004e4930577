//! The loop over instructions.

use super::{
    super::{
        ast::Arithmetic,
        code::Instruction,
        heap::{Fault, Function, slot},
        value::Value,
    },
    Flow, FrameKind, Machine, Returns, WINDOW, operate,
};
use std::sync::Arc;

/// Gives the registers of the running function; an index of a byte is always inside.
macro_rules! registers {
    ($machine:ident, $base:ident) => {
        $machine.thread.stack[$base..]
            .first_chunk_mut::<WINDOW>()
            .expect("a frame reserves its window")
    };
}

impl Machine {
    /// Runs until a library function gets back what it called for.
    pub(super) fn execute(&mut self) -> Result<(), Fault> {
        let mut held = None;
        'frame: loop {
            let Some(frame) = self.thread.frames.last().copied() else {
                return Ok(());
            };
            let FrameKind::Script {
                function,
                chunk: chunk_number,
                prototype,
                rest,
                ..
            } = frame.kind
            else {
                return Ok(());
            };
            if !matches!(held, Some((number, _, _)) if number == chunk_number) {
                let (chunk, constants) = &self.heap.chunks[chunk_number as usize];
                held = Some((chunk_number, Arc::clone(chunk), Arc::clone(constants)));
            }
            let Some((_, chunk, constants)) = &held else {
                return Ok(());
            };
            let prototype = &chunk.functions[prototype as usize];
            let code = &prototype.code[..];
            let base = frame.base as usize;
            let mut pc = frame.pc as usize;
            let Function::Script { environment, .. } = *self.heap.function(function) else {
                return Ok(());
            };

            /// Says in the frame which instruction comes next.
            macro_rules! save {
                () => {
                    if let Some(frame) = self.thread.frames.last_mut() {
                        frame.pc = pc as u32;
                    }
                };
            }
            /// Goes on with whatever frame is topmost then.
            macro_rules! go {
                ($flow:expr) => {{
                    save!();
                    match $flow? {
                        Flow::Go => continue 'frame,
                        Flow::Leave => return Ok(()),
                    }
                }};
            }
            macro_rules! jump {
                ($offset:expr) => {{
                    pc = pc.wrapping_add_signed($offset as isize);
                    if $offset < 0 && self.budget.spend(-i64::from($offset)) {
                        save!();
                        self.check()?;
                    }
                }};
            }
            macro_rules! arithmetic {
                ($operator:ident, $to:ident, $left:expr, $right:expr, |$a:ident, $b:ident| $result:expr) => {{
                    let registers = registers!(self, base);
                    let (left, right) = ($left(registers), $right(registers));
                    if let (Value::Number($a), Value::Number($b)) = (left, right) {
                        registers[usize::from($to)] = Value::Number($result);
                    } else {
                        let to = base + usize::from($to);
                        go!(self.arithmetic(Arithmetic::$operator, left, right, to));
                    }
                }};
            }
            macro_rules! in_register {
                ($register:ident) => {
                    |registers: &mut [Value; WINDOW]| registers[usize::from($register)]
                };
            }
            macro_rules! constant {
                ($constant:ident) => {
                    |_: &mut [Value; WINDOW]| constants[$constant as usize]
                };
            }

            loop {
                let instruction = code[pc];
                pc += 1;
                match instruction {
                    Instruction::Move { to, from } => {
                        let registers = registers!(self, base);
                        registers[usize::from(to)] = registers[usize::from(from)];
                    }
                    Instruction::Constant { to, constant } => {
                        registers!(self, base)[usize::from(to)] = constants[constant as usize];
                    }
                    Instruction::Boolean { to, value } => {
                        registers!(self, base)[usize::from(to)] = Value::Boolean(value);
                    }
                    Instruction::Nil { first, last } => {
                        registers!(self, base)[usize::from(first)..=usize::from(last)]
                            .fill(Value::Nil);
                    }
                    Instruction::GetUpvalue { to, upvalue } => {
                        let value = self.upvalue(function, upvalue);
                        registers!(self, base)[usize::from(to)] = value;
                    }
                    Instruction::SetUpvalue { from, upvalue } => {
                        let value = registers!(self, base)[usize::from(from)];
                        self.set_upvalue(function, upvalue, value);
                    }
                    Instruction::GetGlobal { to, name } => {
                        let name = constants[name as usize];
                        let value = self.heap.table(environment).get_key(name);
                        if value.is_nil() {
                            let to = base + usize::from(to);
                            go!(self.get(Value::Table(environment), name, to));
                        }
                        registers!(self, base)[usize::from(to)] = value;
                    }
                    Instruction::SetGlobal { from, name } => {
                        let value = registers!(self, base)[usize::from(from)];
                        let name = constants[name as usize];
                        go!(self.set(Value::Table(environment), name, value));
                    }
                    Instruction::GetIndex { to, object, key } => {
                        let registers = registers!(self, base);
                        let (object, key) =
                            (registers[usize::from(object)], registers[usize::from(key)]);
                        if let Value::Table(id) = object {
                            let value = self.heap.table(id).get(key);
                            if !value.is_nil() {
                                registers[usize::from(to)] = value;
                                continue;
                            }
                        }
                        go!(self.get(object, key, base + usize::from(to)));
                    }
                    Instruction::GetField { to, object, name } => {
                        let registers = registers!(self, base);
                        let object = registers[usize::from(object)];
                        let name = constants[name as usize];
                        if let Value::Table(id) = object {
                            let value = self.heap.table(id).get_key(name);
                            if !value.is_nil() {
                                registers[usize::from(to)] = value;
                                continue;
                            }
                        }
                        go!(self.get(object, name, base + usize::from(to)));
                    }
                    Instruction::SetIndex { object, key, value } => {
                        let registers = registers!(self, base);
                        let (object, key) =
                            (registers[usize::from(object)], registers[usize::from(key)]);
                        let value = registers[usize::from(value)];
                        if let (Value::Table(id), Value::Number(number)) = (object, key)
                            && let Some(slot) = slot(number)
                            && self.heap.table(id).metatable.is_none()
                        {
                            self.heap.set_slot(id, slot, value)?;
                            continue;
                        }
                        go!(self.set(object, key, value));
                    }
                    Instruction::SetField {
                        object,
                        value,
                        name,
                    } => {
                        let registers = registers!(self, base);
                        let (object, value) = (
                            registers[usize::from(object)],
                            registers[usize::from(value)],
                        );
                        let name = constants[name as usize];
                        if let Value::Table(id) = object
                            && self.heap.table(id).metatable.is_none()
                        {
                            self.heap.set(id, name, value)?;
                            continue;
                        }
                        go!(self.set(object, name, value));
                    }
                    Instruction::NewTable { to, list, members } => {
                        save!();
                        self.tidy()?;
                        let table = self.heap.new_table();
                        if list > 0 {
                            self.heap.reserve_list(table, usize::from(list))?;
                        }
                        if members > 0 {
                            self.heap.reserve_entries(table, usize::from(members))?;
                        }
                        registers!(self, base)[usize::from(to)] = Value::Table(table);
                    }
                    Instruction::Method { to, object, name } => {
                        let registers = registers!(self, base);
                        let object = registers[usize::from(object)];
                        registers[usize::from(to) + 1] = object;
                        go!(self.get(object, constants[name as usize], base + usize::from(to)));
                    }
                    Instruction::Add { to, left, right } => {
                        arithmetic!(Add, to, in_register!(left), in_register!(right), |a, b| a
                            + b);
                    }
                    Instruction::Subtract { to, left, right } => {
                        arithmetic!(
                            Subtract,
                            to,
                            in_register!(left),
                            in_register!(right),
                            |a, b| a - b
                        );
                    }
                    Instruction::Multiply { to, left, right } => {
                        arithmetic!(
                            Multiply,
                            to,
                            in_register!(left),
                            in_register!(right),
                            |a, b| a * b
                        );
                    }
                    Instruction::Divide { to, left, right } => {
                        arithmetic!(
                            Divide,
                            to,
                            in_register!(left),
                            in_register!(right),
                            |a, b| a / b
                        );
                    }
                    Instruction::Modulo { to, left, right } => {
                        arithmetic!(
                            Modulo,
                            to,
                            in_register!(left),
                            in_register!(right),
                            |a, b| operate::compute(Arithmetic::Modulo, a, b)
                        );
                    }
                    Instruction::Power { to, left, right } => {
                        arithmetic!(
                            Power,
                            to,
                            in_register!(left),
                            in_register!(right),
                            |a, b| operate::compute(Arithmetic::Power, a, b)
                        );
                    }
                    Instruction::AddConstant { to, left, constant } => {
                        arithmetic!(Add, to, in_register!(left), constant!(constant), |a, b| a
                            + b);
                    }
                    Instruction::SubtractConstant { to, left, constant } => {
                        arithmetic!(
                            Subtract,
                            to,
                            in_register!(left),
                            constant!(constant),
                            |a, b| a - b
                        );
                    }
                    Instruction::MultiplyConstant { to, left, constant } => {
                        arithmetic!(
                            Multiply,
                            to,
                            in_register!(left),
                            constant!(constant),
                            |a, b| a * b
                        );
                    }
                    Instruction::DivideConstant { to, left, constant } => {
                        arithmetic!(
                            Divide,
                            to,
                            in_register!(left),
                            constant!(constant),
                            |a, b| a / b
                        );
                    }
                    Instruction::Negate { to, from } => {
                        let registers = registers!(self, base);
                        let value = registers[usize::from(from)];
                        if let Value::Number(number) = value {
                            registers[usize::from(to)] = Value::Number(-number);
                        } else {
                            go!(self.negate(value, base + usize::from(to)));
                        }
                    }
                    Instruction::Not { to, from } => {
                        let registers = registers!(self, base);
                        let truth = registers[usize::from(from)].is_true();
                        registers[usize::from(to)] = Value::Boolean(!truth);
                    }
                    Instruction::Length { to, from } => {
                        let value = registers!(self, base)[usize::from(from)];
                        go!(self.length(value, base + usize::from(to)));
                    }
                    Instruction::Concatenate { to, first, last } => {
                        save!();
                        self.tidy()?;
                        let (first, last) = (base + usize::from(first), base + usize::from(last));
                        go!(self.concatenate(first, last, base + usize::from(to)));
                    }
                    Instruction::Jump { offset } => jump!(offset),
                    Instruction::Test {
                        register,
                        when,
                        offset,
                    } => {
                        if registers!(self, base)[usize::from(register)].is_true() == when {
                            jump!(offset);
                        }
                    }
                    Instruction::Equal { left, right, when } => {
                        let registers = registers!(self, base);
                        let (left, right) =
                            (registers[usize::from(left)], registers[usize::from(right)]);
                        if let (
                            Value::Table(_) | Value::Proxy(_),
                            Value::Table(_) | Value::Proxy(_),
                        ) = (left, right)
                        {
                            go!(self.equal(left, right, when));
                        }
                        pc += usize::from((left == right) != when);
                    }
                    Instruction::EqualConstant {
                        left,
                        when,
                        constant,
                    } => {
                        let left = registers!(self, base)[usize::from(left)];
                        pc += usize::from((left == constants[constant as usize]) != when);
                    }
                    Instruction::Less { left, right, when } => {
                        let registers = registers!(self, base);
                        let (left, right) =
                            (registers[usize::from(left)], registers[usize::from(right)]);
                        if let (Value::Number(left), Value::Number(right)) = (left, right) {
                            pc += usize::from((left < right) != when);
                        } else {
                            go!(self.less(left, right, when));
                        }
                    }
                    Instruction::LessEqual { left, right, when } => {
                        let registers = registers!(self, base);
                        let (left, right) =
                            (registers[usize::from(left)], registers[usize::from(right)]);
                        if let (Value::Number(left), Value::Number(right)) = (left, right) {
                            pc += usize::from((left <= right) != when);
                        } else {
                            go!(self.less_equal(left, right, when));
                        }
                    }
                    Instruction::Call {
                        function,
                        arguments,
                        results,
                    } => {
                        let start = base + usize::from(function);
                        let count = match arguments {
                            0 => self.open_end - start - 1,
                            count => usize::from(count) - 1,
                        };
                        let callee = self.thread.stack[start];
                        let returns = Returns::Registers {
                            to: start as u32,
                            count: results,
                        };
                        go!(self.call(callee, start, count, returns));
                    }
                    Instruction::TailCall {
                        function,
                        arguments,
                    } => {
                        let start = base + usize::from(function);
                        let count = match arguments {
                            0 => self.open_end - start - 1,
                            count => usize::from(count) - 1,
                        };
                        go!(self.tail_call(start, count));
                    }
                    Instruction::Return { first, count } => {
                        let first = base + usize::from(first);
                        let count = match count {
                            0 => self.open_end - first,
                            count => usize::from(count) - 1,
                        };
                        go!(self.give_back(first, count));
                    }
                    Instruction::CountPrepare {
                        base: first,
                        offset,
                    } => {
                        save!();
                        self.prepare_count(base + usize::from(first))?;
                        jump!(offset);
                    }
                    Instruction::CountLoop {
                        base: first,
                        offset,
                    } => {
                        let first = usize::from(first);
                        let registers = registers!(self, base);
                        let (Value::Number(at), Value::Number(limit), Value::Number(step)) =
                            (registers[first], registers[first + 1], registers[first + 2])
                        else {
                            save!();
                            return Err(self.error("for statement limit must be a number"));
                        };
                        let at = at + step;
                        registers[first] = Value::Number(at);
                        if (step > 0.0 && at <= limit) || (step <= 0.0 && at >= limit) {
                            registers[first + 3] = Value::Number(at);
                            jump!(offset);
                        }
                    }
                    Instruction::Iterate {
                        base: first,
                        results,
                    } => {
                        let start = base + usize::from(first);
                        self.thread.stack.copy_within(start..start + 3, start + 3);
                        let callee = self.thread.stack[start];
                        let returns = Returns::Registers {
                            to: start as u32 + 3,
                            count: results,
                        };
                        go!(self.call(callee, start + 3, 2, returns));
                    }
                    Instruction::IterateLoop {
                        base: first,
                        offset,
                    } => {
                        let first = usize::from(first);
                        let registers = registers!(self, base);
                        let value = registers[first + 3];
                        if !value.is_nil() {
                            registers[first + 2] = value;
                            jump!(offset);
                        }
                    }
                    Instruction::Store { table, count, from } => {
                        let place = base + usize::from(table);
                        let count = match count {
                            0 => self.open_end - place - 1,
                            count => usize::from(count) - 1,
                        };
                        self.store(place, count, from as usize)?;
                    }
                    Instruction::Close { first } => self.close(base + usize::from(first)),
                    Instruction::Closure {
                        to,
                        function: number,
                    } => {
                        save!();
                        self.tidy()?;
                        let captures = &chunk.functions[number as usize].captures;
                        let upvalues = self.close_over(captures, function, base);
                        let closure = self.heap.new_function(Function::Script {
                            chunk: chunk_number,
                            function: number,
                            environment,
                            upvalues,
                        });
                        registers!(self, base)[usize::from(to)] = Value::Function(closure);
                    }
                    Instruction::Rest { to, count } => {
                        self.copy_rest(base, rest as usize, base + usize::from(to), count)?;
                    }
                }
            }
        }
    }
}
